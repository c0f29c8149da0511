const { answer } = require("shop");

exports.handler = async (event) => answer("search-index", event);
