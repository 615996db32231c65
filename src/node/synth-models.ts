/** Adds yosys' simulation models of large cells (DSP slices, memories) to a mapped netlist. */
import type { JsonModule, JsonNetlist } from '../rtlsim/netlist.ts';
import { ownModels } from '../synth/own-models.ts';
import { runYosysScript, type YosysFlavour } from './yosys.ts';

type JsonCell = JsonModule['cells'][string];

/** A parameter as Verilog: text in quotes, bits as they are. */
const literal = (value: string | number): string => {
  const text = String(value);
  if (/^[01xz]+$/.test(text)) return `${text.length}'b${text}`;
  return JSON.stringify(text.replace(/ $/, ''));
};

/** Inputs of a cell that are constant throughout, as Verilog; they become part of its model, which they make smaller. */
function constants(cell: JsonCell, box: JsonModule): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [port, { direction, bits }] of Object.entries(box.ports)) {
    if (direction !== 'input') continue;
    const connected = cell.connections[port] ?? [];
    if (connected.length === bits.length && connected.every((bit) => typeof bit === 'string'))
      found[port] = `${bits.length}'b${[...connected].reverse().join('').replace(/[^01]/g, '0')}`;
    else if (connected.length === 0) found[port] = `${bits.length}'b0`;
  }
  return found;
}

/** A module that is one cell with its parameters, with the cell's own ports. */
function wrapper(name: string, cell: JsonCell, box: JsonModule): string {
  const ports = Object.entries(box.ports);
  const fixed = constants(cell, box);
  const list = ports.map(([port, { direction, bits }]) => {
    const range = bits.length > 1 ? `[${bits.length - 1}:0] ` : '';
    return `${direction} ${range}${port}`;
  });
  const parameters = Object.entries(cell.parameters).map(([key, value]) => `.${key}(${literal(value)})`);
  return `module ${name}(${list.join(', ')});
${cell.type} #(${parameters.join(', ')}) cell_i (${ports.map(([port]) => `.${port}(${fixed[port] ?? port})`).join(', ')});
endmodule
`;
}

/**
 * Replaces every cell of a type in `left` by a module made from its simulation model; `missing` are the types that have
 * none. `boxes` is the netlist as yosys wrote it, with the cells' ports.
 */
export async function addModels(
  netlist: JsonNetlist,
  boxes: JsonNetlist,
  left: ReadonlySet<string>,
  models: string,
  flavour: YosysFlavour,
): Promise<{ netlist: JsonNetlist; missing: Set<string> }> {
  const missing = new Set<string>();
  let current = netlist;
  for (const type of left) {
    const box = boxes.modules[type];
    const found = box && (await modelsOf(current, type, box, models, flavour).catch(() => undefined));
    if (found === undefined) missing.add(type);
    else current = found;
  }
  return { netlist: current, missing };
}

async function modelsOf(
  netlist: JsonNetlist,
  type: string,
  box: JsonModule,
  models: string,
  flavour: YosysFlavour,
): Promise<JsonNetlist> {
  const names = new Map<string, string>();
  const wrappers: string[] = [];
  const modules: Record<string, JsonModule> = {};
  for (const [name, module] of Object.entries(netlist.modules)) {
    const cells: Record<string, JsonCell> = {};
    for (const [cellName, cell] of Object.entries(module.cells)) {
      if (cell.type !== type) {
        cells[cellName] = cell;
        continue;
      }
      const key = JSON.stringify([cell.parameters, constants(cell, box)]);
      let model = names.get(key);
      if (model === undefined) {
        model = `model_${type}_${names.size}`;
        names.set(key, model);
        wrappers.push(wrapper(model, cell, box));
      }
      cells[cellName] = { ...cell, type: model };
    }
    modules[name] = { ...module, cells };
  }
  const all = `module all_models;\n${[...names.values()].map((name, i) => `(* keep *) ${name} m${i}();`).join('\n')}\nendmodule\n`;
  const script = `read_verilog -sv -defer -D ICE40_HX ${models}
read_verilog -sv -overwrite own.v
read_verilog -sv models.v
hierarchy -check -top all_models
setattr -unset whitebox -unset abc9_box
proc
chformal -remove
flatten ${[...names.values()].join(' ')}
opt -fast
memory_collect
opt -fast
opt_clean
delete t:$print
write_json models.json
`;
  const { files } = await runYosysScript(
    script,
    [
      { name: 'own.v', text: ownModels },
      { name: 'models.v', text: wrappers.join('') + all },
    ],
    ['models.json'],
    flavour,
  );
  const made = JSON.parse(files['models.json']!) as JsonNetlist;
  for (const name of names.values()) modules[name] = made.modules[name]!;
  return { modules };
}
