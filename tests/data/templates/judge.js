// judge.js FILE...: what js-yaml reads of files, as the Serverless Framework reads them.
const fs = require('fs');
const yaml = require('js-yaml');

const read = (file) => {
  try {
    const value = yaml.load(fs.readFileSync(file, 'utf8'));
    return { read: value === undefined ? null : value };
  } catch (error) {
    return { refused: String(error.message) };
  }
};
console.log(JSON.stringify(process.argv.slice(2).map(read)));
