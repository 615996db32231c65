import { UserError } from '../../errors.ts';

/** A model that is legal ONNX but that we do not import. `why` follows the operator's name. */
export function refuse(operator: string, why: string, fix?: string): UserError {
  return new UserError('unsupported', `${operator}: ${why}`, {}, fix ?? 'Change the layer and export the model again.');
}

/** A file that contradicts itself or the standard. */
export function wrong(what: string, tensor?: string): UserError {
  return new UserError('bad-model', what, tensor === undefined ? {} : { tensor }, 'Export the model again.');
}
