const { answer } = require("shop");

exports.handler = async (event) => answer("mail-send", event);
