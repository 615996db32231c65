/** Bundles sources with esbuild, for places that cannot load TypeScript: worker threads and browsers. */
import { build } from 'esbuild';

/** `external`: packages left to be resolved at run time. */
export async function bundle(
  entry: string,
  outfile: string,
  platform: 'node' | 'browser',
  external: readonly string[] = [],
): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    platform,
    bundle: true,
    format: platform === 'node' ? 'esm' : 'iife',
    target: 'es2022',
    external: [...external],
    logLevel: 'warning',
  });
}
