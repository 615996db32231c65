/** Model name to compiled network: what run, compile and inspect have in common. */
import { type Compiled, compile } from '../compile/compile.ts';
import { type LoadedModel, loadModel } from '../node/model-source.ts';
import { readPlan } from '../node/plan-folder.ts';
import { type PreparedNetwork, prepareNetwork } from '../node/prepare.ts';
import type { Progress } from '../node/progress.ts';
import { applyPlanFile } from '../prune/plan-file.ts';
import { type ConfigOption, compileOptions, loadConfig, type PrepareFlags, type PruningFlag } from './options.ts';

export interface CompiledModel {
  readonly model: LoadedModel;
  readonly prepared: PreparedNetwork;
  readonly compiled: Compiled;
}

export async function compileModel(
  name: string | undefined,
  flags: ConfigOption & PrepareFlags & PruningFlag & { readonly fusion?: boolean },
  progress: Progress,
): Promise<CompiledModel> {
  const config = loadConfig(flags.config);
  progress.step('reading the model');
  const model = loadModel(name, flags.preprocess);
  progress.step('calibrating and quantising');
  const prepared = await prepareNetwork(model, {
    calibrate: flags.calibrate,
    ...(flags.calibrationImages === undefined ? {} : { calibrationImages: flags.calibrationImages }),
    multiplierBits: config.multiplierBits,
  });
  progress.step(`compiling for ${config.name}`);
  if (flags.pruning === undefined) {
    return { model, prepared, compiled: compile(prepared.network, config, compileOptions(flags)) };
  }
  const { network, plan } = applyPlanFile(prepared.network, readPlan(flags.pruning));
  const compiled = compile(network, config, { ...compileOptions(flags), pruning: plan });
  return { model, prepared, compiled };
}
