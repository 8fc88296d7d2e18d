// Checks answers, a JSON array of them on standard input, with jambonz's own two validators: the code that 0.9's server
// runs, and the schema of 10. Says nothing, or for each answer that is refused its place and who refuses it, why.
'use strict';
const { join } = require('path');

const modules = join(process.argv[2], 'node_modules', '@jambonz');
const log = { info() {}, debug() {}, error() {}, warn() {} };
const judges = {
  'verb-specifications': (answer) => require(join(modules, 'verb-specifications')).validate(log, answer),
  schema: (answer) => require(join(modules, 'schema')).validate(log, answer),
};
const answers = JSON.parse(require('fs').readFileSync(0, 'utf8'));
answers.forEach((answer, place) => {
  Object.entries(judges).forEach(([name, judge]) => {
    try {
      judge(answer);
    } catch (error) {
      console.log(`${place} ${name}: ${error.message}`);
    }
  });
});
