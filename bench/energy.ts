/**
 * Millijoules of a MobileNetV2 frame by component, and the calibration of the coefficients.
 * `node --import ./tools/typescript.mjs bench/energy.ts [configuration]`
 */
import Table from 'cli-table3';
import { COMPONENTS } from '../src/energy/coefficients.ts';
import { type Band, millijoules } from '../src/energy/model.ts';
import { mobileNetV2Energy } from './frame-energy.ts';

const configuration = process.argv[2] ?? 'virtex7';
const { model, frames, energy } = await mobileNetV2Energy(configuration);
const table = new Table({ head: [`mJ a frame, ${configuration}`, 'low', 'mid', 'high'] });
const row = (name: string, { low, mid, high }: Band, scale = 1): void => {
  table.push([name, ...[low, mid, high].map((value) => (value * scale).toFixed(3))]);
};
for (const component of COMPONENTS) row(component, energy.components[component], 1e-9);
row('dynamic (clock, dsp, logic, memory)', millijoules(energy, 'dynamic'));
row('total', millijoules(energy, 'total'));
console.log(`${model}, ${frames}, ${energy.cycles} cycles, ${energy.framesPerSecond.toFixed(1)} frames a second`);
console.log(JSON.stringify(energy.resources));
console.log(table.toString());
