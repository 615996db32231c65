/** Everything that is generated from the definitions in `src/spec` and the figures in `src/energy`. */
import { CONFIGS } from '../spec/configs.ts';
import { configurationsDocument, isaDocument, registersDocument } from './documents.ts';
import { energyDocument } from './energy-document.ts';
import { headerText } from './header.ts';
import { identifier } from './names.ts';
import { packageText } from './package.ts';
import { wrapperText } from './wrapper.ts';

export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

export function generateFiles(): GeneratedFile[] {
  const configs = [...CONFIGS.values()];
  return [
    { path: 'rtl/generated/dw_pkg.sv', text: packageText() },
    ...configs.map((config) => ({
      path: `rtl/generated/depthwright_${identifier(config.name)}.sv`,
      text: wrapperText(config),
    })),
    { path: 'include/depthwright.h', text: headerText(configs) },
    { path: 'docs/isa.md', text: isaDocument() },
    { path: 'docs/registers.md', text: registersDocument() },
    { path: 'docs/configurations.md', text: configurationsDocument(configs) },
    { path: 'docs/energy-sources.md', text: energyDocument() },
  ];
}
