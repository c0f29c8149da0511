const ms = require("ms");

module.exports = {
  handler: async (event) => ({ long: ms(event.millis, { long: true }) }),
};
