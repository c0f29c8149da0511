const { answer } = require("shop");

exports.handler = async (event) => answer("mail-digest", event);
