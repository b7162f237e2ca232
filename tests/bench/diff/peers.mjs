// The peers of GraphQL on the same pair, CPU time: graphql-js (build both, find all its changes) and graphql-inspector.
// Takes the folder with node_modules, reads the pair from standard input.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const { buildSchema, findBreakingChanges, findDangerousChanges } = require("graphql");
const inspector = require("@graphql-inspector/core");
const { old, new: now } = JSON.parse(readFileSync(0, "utf8"));

async function measure(name, run) {
  await run();
  let best = Infinity;
  let said = "";
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    said = await run();
    const spent = process.cpuUsage(before);
    best = Math.min(best, spent.user + spent.system);
  }
  console.log(`  ${name.padEnd(28)} ${best.toFixed(1).padStart(12)} µs a diff  (warm, best of 5: ${said})`);
}

const both = () => [old, now].map((sdl) => buildSchema(sdl, { assumeValidSDL: true }));

await measure("graphql-js, build and find", () => {
  const [a, b] = both();
  return `${findBreakingChanges(a, b).length} breaking, ${findDangerousChanges(a, b).length} dangerous`;
});
await measure("graphql-inspector, the same", async () => {
  const [a, b] = both();
  return `${(await inspector.diff(a, b)).length} changes`;
});
