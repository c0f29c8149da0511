const { answer } = require("shop");

exports.handler = async (event) => answer("pages-render", event);
