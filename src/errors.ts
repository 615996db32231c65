/** Where a user's mistake is: any of the parts that apply. */
export interface ErrorLocation {
  readonly file?: string;
  readonly layer?: string;
  readonly tensor?: string;
  readonly field?: string;
}

/** Stable codes, one per kind of user mistake; scripts may rely on them. */
export type ErrorCode =
  | 'bad-arguments'
  | 'bad-build'
  | 'bad-configuration'
  | 'bad-image'
  | 'bad-model'
  | 'does-not-fit'
  | 'output-not-writable'
  | 'program-error'
  | 'tool-missing'
  | 'unsupported';

/**
 * A mistake in what the user gave us (never a bug of ours: bugs throw plain errors).
 * The message says what is wrong and `fix` says what to do about it.
 */
export class UserError extends Error {
  readonly code: ErrorCode;
  readonly location: ErrorLocation;
  readonly fix: string | undefined;

  constructor(code: ErrorCode, message: string, location: ErrorLocation = {}, fix?: string) {
    super(message);
    this.name = 'UserError';
    this.code = code;
    this.location = location;
    this.fix = fix;
  }

  /** The same error with more of its location known (an importer knows the layer, its caller the file). */
  at(location: ErrorLocation): UserError {
    return new UserError(this.code, this.message, { ...location, ...this.location }, this.fix);
  }

  /** One line: `file: layer 'x': tensor 'y': what is wrong. What to do.` */
  describe(): string {
    const { file, layer, tensor, field } = this.location;
    const where = [
      file,
      layer !== undefined ? `layer '${layer}'` : undefined,
      tensor !== undefined ? `tensor '${tensor}'` : undefined,
      field !== undefined ? `field '${field}'` : undefined,
    ].filter((part) => part !== undefined);
    const sentence = /[.!?]$/.test(this.message) ? this.message : `${this.message}.`;
    return [...where, this.fix ? `${sentence} ${this.fix}` : sentence].join(': ');
  }
}
