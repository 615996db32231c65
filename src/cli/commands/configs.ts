import { Command } from 'commander';
import { memoryBytes, multipliers } from '../../spec/config.ts';
import { CONFIGS } from '../../spec/configs.ts';
import { configIdentity } from '../../spec/identity.ts';
import { beyond, DEVICES, type Device } from '../../synth/devices.ts';
import { blockKilobits, estimateResources } from '../../synth/estimate.ts';
import { type JsonFlag, jsonOption, loadConfig } from '../options.ts';
import { bytes, print, printJson, table, thousands } from '../print.ts';

const NAMES: Readonly<Record<keyof Device, string>> = {
  dsp: 'DSP',
  luts: 'LUT',
  flipFlops: 'flip-flops',
  memoryBlocks: 'memory blocks',
};

export function configsCommand(): Command {
  return new Command('configs')
    .description('list the named configurations and what they need, or check one of your own')
    .argument('[name|file]', 'show this one only; a file is validated')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nA configuration file is JSON; start from `depthwright configs virtex7 --json > mine.json`.\n',
    )
    .action((nameOrFile: string | undefined, flags: JsonFlag) => {
      const configs = nameOrFile === undefined ? [...CONFIGS.values()] : [loadConfig(nameOrFile)];
      const described = configs.map((config) => ({
        ...config,
        needs: {
          multipliers: multipliers(config),
          memoryBytes: memoryBytes(config),
          identity: configIdentity(config),
          resources: estimateResources(config),
        },
      }));
      // One configuration is printed as a file of it would be.
      if (flags.json) return printJson(nameOrFile === undefined ? { configs: described } : configs[0]);
      print(
        table(
          ['name', 'P x M x N', 'multipliers', 'MHz', 'activations', 'weights', 'parameters', 'AXI', 'device'],
          described.map((config) => [
            config.name,
            `${config.pixels} x ${config.lanes} x ${config.inputs}`,
            config.needs.multipliers,
            config.clockMHz,
            bytes(config.needs.memoryBytes.activation),
            bytes(config.needs.memoryBytes.weight),
            bytes(config.needs.memoryBytes.parameter),
            `${config.axiBytes} B`,
            config.device,
          ]),
        ),
      );
      print('\nResources, estimated; `depthwright synth --config NAME` counts them:');
      print(
        table(
          ['name', 'family', 'DSP', 'LUT', 'flip-flops', 'block RAM'],
          described.map(({ name, family, device, needs: { resources } }) => {
            const over = beyond(device, resources);
            const mark = (kind: keyof Device, text: string): string => (over.includes(kind) ? `${text} !` : text);
            return [
              name,
              family,
              mark('dsp', thousands(resources.dsp)),
              mark('luts', thousands(resources.luts)),
              mark('flipFlops', thousands(resources.flipFlops)),
              mark('memoryBlocks', `${resources.memoryBlocks} x ${blockKilobits[family]} kbit`),
            ];
          }),
        ),
      );
      for (const { name, device, needs } of described) {
        const over = beyond(device, needs.resources);
        if (over.length === 0) continue;
        const parts = over.map((kind) => `${thousands(DEVICES[device]![kind])} ${NAMES[kind]}`);
        print(`! ${name} does not fit: ${device} has ${parts.join(', ')}.`);
      }
    });
}
