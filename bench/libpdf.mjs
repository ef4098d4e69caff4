// @libpdf/core, B-B, in one process, so that its start isn't counted:
//   node bench/libpdf.mjs IN OUT P12 PASSWORD ROUNDS SECONDS  →  {"seconds": [...], "peak_kilobytes": n}
import { readFileSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { PDF, P12Signer } from "@libpdf/core";

const [source, target, p12, password, rounds, limit] = process.argv.slice(2);
const signer = await P12Signer.create(await readFile(p12), password, { buildChain: false });
const seconds = [];
const first = process.hrtime.bigint();
const spent = () => Number(process.hrtime.bigint() - first) / 1e9;
for (let round = 0; round < 2 || (round <= Number(rounds) && spent() < Number(limit)); round += 1) {
  rmSync(target, { force: true }); // freeing the last one is nobody's work
  const start = process.hrtime.bigint();
  const pdf = await PDF.load(await readFile(source));
  const { bytes } = await pdf.sign({ signer, reason: "bench", level: "B-B" });
  await writeFile(target, bytes);
  if (round > 0) seconds.push(Number(process.hrtime.bigint() - start) / 1e9);
}
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
console.log(JSON.stringify({ seconds, peak_kilobytes: Number(peak) }));
