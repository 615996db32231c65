import { join } from 'node:path';
import { Command, Option } from 'commander';
import { UserError } from '../../errors.ts';
import { createProgress } from '../../node/progress.ts';
import { rtlDesign } from '../../node/rtl-sources.ts';
import { synthesise } from '../../node/synth.ts';
import type { YosysFlavour } from '../../node/yosys.ts';
import { estimateResources } from '../../synth/estimate.ts';
import { type Family, families } from '../../synth/families.ts';
import { type ConfigOption, configOption, type JsonFlag, jsonOption, loadConfig, parseCount } from '../options.ts';
import { print, printJson, table, thousands } from '../print.ts';

interface Flags extends ConfigOption, JsonFlag {
  readonly family?: Family;
  readonly module?: string;
  readonly vectors?: number;
  readonly cache: string;
  readonly tool: YosysFlavour;
}

export function synthCommand(): Command {
  return new Command('synth')
    .description('synthesise the accelerator of a configuration with yosys: resources and longest paths by module')
    .addOption(configOption())
    .addOption(new Option('--family <name>', "device family (default: the configuration's)").choices([...families]))
    .option('--module <name>', 'report this module only')
    .option(
      '--vectors <n>',
      'random cycles in which the mapped cells of every module are held against the RTL; 0 leaves it out (default: 200)',
      (text) => (text === '0' ? 0 : parseCount(text)),
    )
    .addOption(
      new Option('--tool <which>', "yosys from npm, or the machine's own").choices(['npm', 'native']).default('npm'),
    )
    .option(
      '--cache <dir>',
      'folder for results; the same design is not synthesised twice',
      join('.cache', 'depthwright'),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nLarge configurations take minutes. Results are cached by the hash of all sources and parameters.\n',
    )
    .action(async (flags: Flags) => {
      const config = loadConfig(flags.config);
      const family = flags.family ?? config.family;
      const progress = createProgress();
      progress.step(`synthesising ${config.name} for ${family}`);
      let stage = '';
      const report = await synthesise({
        ...(await rtlDesign(config)),
        family,
        flavour: flags.tool,
        expectedDsp: estimateResources({ ...config, family }).dsp,
        cache: flags.cache,
        ...(flags.vectors === undefined ? {} : { vectors: flags.vectors }),
        progress: (name, detail) => {
          // Of yosys' hundreds of passes those that take long are named.
          const long = name === 'mapping' && /^(ABC|MEMORY_LIBMAP|TECHMAP|JSON)/.test(detail);
          const line = long ? `${name}: ${detail}` : stage.startsWith(name) ? stage : name;
          if (line !== stage) progress.step(`  ${line}`);
          stage = line;
        },
      });
      progress.done();
      const modules = report.modules.filter(({ name }) => flags.module === undefined || name === flags.module);
      if (modules.length === 0) {
        throw new UserError(
          'bad-arguments',
          `the design has no module '${flags.module}'`,
          {},
          `Its modules are ${[...new Set(report.modules.map(({ name }) => name))].sort().join(', ')}.`,
        );
      }
      if (flags.json) return printJson({ config: config.name, ...report, modules });
      print(`${config.name} for ${family}, ${report.tool}`);
      print(
        table(
          ['module', 'instances', 'DSP', 'LUT', 'flip-flops', 'block RAM', 'levels', 'mapped cells'],
          [
            ...modules.map(({ name, instances, own, levels, gates }) => [
              name,
              instances,
              own.dsp,
              thousands(own.lut),
              thousands(own.ff),
              own.bram,
              levels,
              gates.status === 'unchecked' ? `unchecked: ${gates.reason}` : gates.status,
            ]),
            [
              'total',
              '',
              report.total.dsp,
              thousands(report.total.lut),
              thousands(report.total.ff),
              report.total.bram,
              report.levels,
              '',
            ],
          ],
        ),
      );
      for (const problem of report.problems) print(`problem: ${problem}`);
      if (report.problems.length > 0) process.exitCode = 1;
    });
}
