// Mocha's spec output, and the figures of the run for the closing line that test/run.ts prints.
const { writeFileSync, mkdirSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats;
      mkdirSync('coverage', { recursive: true });
      writeFileSync('coverage/result.json', JSON.stringify({ passes, failures, pending }));
    });
  }
};
