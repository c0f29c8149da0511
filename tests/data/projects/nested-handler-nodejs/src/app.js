exports.nested = {};
exports.nested.handler = async (event) => event;
