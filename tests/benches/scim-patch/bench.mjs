// Reads {"resource", "patch", "copy"} and prints how long scim-patch takes to apply the patch once, in nanoseconds: the
// best of several rounds, each over fresh resources that are made before the clock starts.
import { readFileSync } from "node:fs";
import scimPatch from "scim-patch";

const { resource, patch, copy } = JSON.parse(readFileSync(0, "utf8"));
const text = JSON.stringify(resource);
const options = { mutateDocument: !copy };
let best = Infinity;
for (let round = 0; round < 150; round++) {
  const users = Array.from({ length: 500 }, () => JSON.parse(text));
  const start = process.hrtime.bigint();
  for (const user of users) {
    scimPatch.scimPatch(user, patch.Operations, options);
  }
  best = Math.min(best, Number(process.hrtime.bigint() - start) / users.length);
}
const once = scimPatch.scimPatch(JSON.parse(text), patch.Operations);
console.log(JSON.stringify({ nanoseconds: best, title: once.title, phone: once.phoneNumbers?.[0]?.value }));
