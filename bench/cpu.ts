/**
 * Energy of a MobileNetV2 frame: the accelerator beside this machine's processor and published graphics processors.
 * `node --import ./tools/typescript.mjs bench/cpu.ts [--config NAME] [--watts LOW,MID,HIGH] [--json]`
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { type Band, millijoules } from '../src/energy/model.ts';
import { mobileNetV2Energy } from './frame-energy.ts';
import { energyRatio, GRAPHICS, measureProcessor } from './processors.ts';

/** Energy efficiency that the paper reports over a CPU and a GPU. */
const PAPER = { cpu: 10, gpu: 6 } as const;

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'virtex7' },
    watts: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function statedWatts(text: string | undefined): Band | undefined {
  if (text === undefined) return undefined;
  const [low, mid, high, ...more] = text.split(',').map(Number);
  if (![low, mid, high].every((watts) => watts! > 0) || more.length > 0 || low! > mid! || mid! > high!) {
    throw new Error(`--watts ${text}: wants three rising numbers, as in --watts 5,10,15`);
  }
  return { low: low!, mid: mid!, high: high! };
}

const load = loadavg()[0]!;
const processors = await measureProcessor(statedWatts(values.watts));
if (processors.length === 0) throw new Error('no model: DEPTHWRIGHT_DATA names no folder with the evaluation data');
const accelerator = await mobileNetV2Energy(values.config);
const frame = millijoules(accelerator.energy, 'total');
const compared = [
  ...processors.map((processor) => ({ kind: 'cpu' as const, ...processor })),
  ...GRAPHICS.map((processor) => ({ kind: 'gpu' as const, ...processor })),
].map((processor) => ({
  ...processor,
  ratio: energyRatio(processor.millijoules, frame),
  paper: PAPER[processor.kind],
}));

if (values.json) {
  const { model, frames, energy } = accelerator;
  const own = {
    config: values.config,
    model,
    frames,
    framesPerSecond: energy.framesPerSecond,
    millijoules: frame,
  };
  console.log(JSON.stringify({ accelerator: own, compared, load }, undefined, 2));
} else {
  const text = ({ low, mid, high }: Band) => [low, mid, high].map((figure) => figure.toFixed(1)).join(' / ');
  const table = new Table({
    head: ['MobileNetV2', 'frames/s', 'W', 'mJ a frame', 'times the accelerator', 'paper'],
  });
  table.push([
    `${values.config}, ${accelerator.frames} (model)`,
    accelerator.energy.framesPerSecond.toFixed(1),
    text({
      low: (frame.low * accelerator.energy.framesPerSecond) / 1000,
      mid: (frame.mid * accelerator.energy.framesPerSecond) / 1000,
      high: (frame.high * accelerator.energy.framesPerSecond) / 1000,
    }),
    text(frame),
    '',
    '',
  ]);
  for (const { name, framesPerSecond, watts, millijoules: energy, ratio, paper } of compared) {
    const [frames, power] = [framesPerSecond?.toFixed(1) ?? '-', watts === undefined ? '-' : text(watts)];
    table.push([name, frames, power, text(energy), text(ratio), `${paper}x`]);
  }
  console.log(table.toString());
  console.log(`load average before the measurement: ${load.toFixed(2)} (other work slows the processor)`);
  for (const { name, source } of compared) console.log(`${name}: ${source}`);
}
