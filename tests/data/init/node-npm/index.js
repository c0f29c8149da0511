const ms = require("ms");

exports.handler = async (event) => ({ long: ms(event.millis, { long: true }) });
