const { long } = require("@shop/times");

exports.handler = async (event) => ({ long: long(event.millis) });
