const ms = require("ms");

exports.long = (millis) => ms(millis, { long: true });
