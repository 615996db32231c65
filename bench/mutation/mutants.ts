/**
 * The faults that `bench/mutate.ts` plants in the RTL, one at a time: for each file [name, kind, text, replacement,
 * what breaks, and why no test can see it if none can]. The text must occur exactly once in the file.
 */
export type MutantKind =
  | 'off-by-one'
  | 'sign'
  | 'stage'
  | 'swap'
  | 'stall'
  | 'reset'
  | 'width'
  | 'threshold'
  | 'boundary'
  | 'error'
  | 'dropped'
  | 'select';

export type MutantRow = readonly [
  name: string,
  kind: MutantKind,
  find: string,
  replace: string,
  reason: string,
  survives?: string,
];

// biome-ignore format: one fault a line
export const MUTANT_ROWS: Readonly<Record<string, readonly MutantRow[]>> = {
  'lib/dw_delay.sv': [
    ['delay-tap', 'stage', 'stages_q[Depth*Width-1 -: Width]', 'stages_q[Depth*Width/2-1 -: Width]', 'the output is taken half way, or across two words'],
    ['delay-no-reset', 'reset', "if (!rst_ni) stages_q <= '0;\n        else stages_q", 'stages_q', 'valid bits in flight survive a stopped frame'],
  ],
  'lib/dw_fifo.sv': [
    ['fifo-early-full', 'off-by-one', "full_q  <= push & (write_q + 1'b1 == read_q)", "full_q  <= push & (write_q + IndexBits'(2) == read_q)", 'full one word early, then never'],
    ['fifo-never-empty', 'off-by-one', "empty_q <= pop & (read_q + 1'b1 == write_q)", 'empty_q <= pop & (read_q == write_q)', 'empty is seen a word late'],
    ['fifo-lost-pressure', 'stall', 'assign ready_o = ~full_q;', "assign ready_o = 1'b1;", 'a full queue takes words all the same'],
    ['fifo-read-write', 'swap', 'data_o  = words[read_q]', 'data_o  = words[write_q]', 'the newest place is read instead of the oldest'],
    ['fifo-no-clear', 'reset', 'if (!rst_ni || clear_i) begin\n      write_q', 'if (!rst_ni) begin\n      write_q', 'words of a stopped frame stay'],
  ],
  'lib/dw_loop.sv': [
    ['loop-last-early', 'off-by-one', "left_q == Width'(1);", "left_q == Width'(2);", 'the last index is announced one early'],
    ['loop-first-stays', 'stage', 'first_q <= last_q;', 'first_q <= first_q & last_q;', 'the first index is not announced again after a round'],
    ['loop-limit-kept', 'dropped', 'limit_q <= limit_i;', 'limit_q <= limit_q;', 'rounds after the first use an old limit'],
    ['loop-advance-wins', 'select', 'end else if (load_i) begin', 'end else if (load_i && !advance_i) begin', 'a new limit is lost where the index advances'],
  ],
  'lib/dw_next_slot.sv': [
    ['next-slot-wrap', 'boundary', 'slot_i == last_i', 'slot_i == base_i', 'the ring turns at its first slot'],
    ['next-slot-step', 'off-by-one', "slot_i + 16'(pitch_i)", "slot_i + 16'(pitch_i) + 16'd1", 'slots lie a word too far apart'],
  ],
  'lib/dw_round_clamp.sv': [
    ['round-half', 'off-by-one', "{zero_i, 1'b1}", "{zero_i, 1'b0}", 'rounds down instead of to the nearest'],
    ['round-places', 'off-by-one', "shift_i - 6'd1", 'shift_i', 'shifts one place too far'],
    ['round-logical', 'sign', 'middle_q <= coarse_q >>>', 'middle_q <= coarse_q >>', 'negative sums are shifted as if they were unsigned'],
    ['round-saturate', 'sign', '{(Kept - 1) {~fine_q[Width-1]}}', '{(Kept - 1) {fine_q[Width-1]}}', 'saturates to the wrong end'],
    ['round-fits', 'width', "fine_q[Width-1:Kept-1] == '1", "fine_q[Width-1:Kept] == '1", 'some negative values count as fitting'],
    ['round-clamp-low', 'threshold', "if (sum_q < Kept'(low_i)) code_o <= low_i;", "if (sum_q < Kept'(low_i)) code_o <= high_i;", 'the wrong bound is put in'],
  ],
  'lib/dw_serial_multiply.sv': [
    ['serial-shift', 'off-by-one', 'b_q <= b_q << 1;', 'b_q <= b_q << 2;', 'partial products weigh too much'],
    ['serial-narrow', 'width', 'a_q <= a_i;', "a_q <= WidthA'(a_i[WidthA-2:0]);", 'the highest bit of the factor is lost'],
  ],
  'lib/dw_slice.sv': [
    ['slice-lost-word', 'stall', 'assign ready_o = ~spare_valid_q;', "assign ready_o = 1'b1;", 'a third word overwrites the second'],
    ['slice-swap', 'swap', 'spare_valid_q ? spare_q : data_i', 'spare_valid_q ? data_i : spare_q', 'the words are taken from the wrong register'],
    ['slice-unstable', 'stall', 'if (ready_i || !valid_q) data_q <=', 'if (ready_i || ready_o) data_q <=', 'an offered word changes before it is taken'],
  ],
  'lib/dw_soft_multiply.sv': [
    ['soft-sign', 'sign', "? -(b <<< r) : '0", "? (b <<< r) : '0", 'the sign bit weighs positive'],
    ['soft-rows', 'off-by-one', "a_i[r] ? b <<< r : '0", "a_i[r] ? b <<< (r + (r == 1 ? 1 : 0)) : '0", 'one row lies a place too high'],
  ],
  'memory/dw_activation_memory.sv': [
    ['banks-second-set', 'off-by-one', "write_set_i + 2'd1 == 2'(s)", "write_set_i + 2'd2 == 2'(s)", 'the row after goes to the wrong set'],
    ['banks-bytes', 'width', "write_bytes_i : '0", "{Inputs{1'b1}} : '0", 'writes of some lanes overwrite the other channels of the word'],
    ['banks-store-late', 'stage', "32'(store_set_qq)*Pixels", "32'(store_set_q)*Pixels", 'the set of the next word is taken'],
    ['banks-store-address', 'swap', ': store_address_i;', ': load_address_i;', 'the store unit reads where the load unit writes'],
  ],
  'memory/dw_lines.sv': [
    ['lines-index', 'off-by-one', "next_first_i ? '0 :", "next_first_i ? IndexBits'(1) :", 'long groups run over the end of the line'],
    ['lines-chain', 'swap', 'lines_o[(l-1)*Width +: Width]', 'data_i', 'all lines hold the last group'],
    ['lines-always', 'dropped', 'if (push_i) words[index_q] <= in;', 'words[index_q] <= in;', 'steps of other COMPUTEs enter the lines'],
  ],
  'memory/dw_ram.sv': [
    ['ram-latency', 'stage', 'read_data_o <= read_q;', 'if (read_i) read_data_o <= words[read_address];', 'words come a cycle early'],
    ['ram-part', 'select', 'words[write_address][part*PartBits +: PartBits] <= write_data_i[part*PartBits +: PartBits]', 'words[write_address][part*PartBits +: PartBits] <= write_data_i[0 +: PartBits]', 'all channels of a word get the first one'],
  ],
  'memory/dw_tables.sv': [
    ['tables-number', 'off-by-one', "2'(table_i - 3'd1)", "2'(table_i)", 'the table after is looked up'],
    ['tables-sign', 'sign', '~code_i[l*8+7], code_i[l*8 +: 7]', 'code_i[l*8+7], code_i[l*8 +: 7]', 'codes count as unsigned'],
    ['tables-passed', 'stage', 'code_o[l*8 +: 8] <= used_q ? mapped : code_q;', "code_o[l*8 +: 8] <= table_i != '0 ? mapped : code_q;", 'the choice is made a cycle early'],
    ['tables-piece', 'off-by-one', "address[9 -: WordIndexBits] + WordIndexBits'(piece_q)", 'address[9 -: WordIndexBits]', 'pieces of a wide beat overwrite each other'],
    ['tables-pop', 'stall', "pop = valid && piece_q == '1", 'pop = valid', 'the later pieces of a wide beat are lost'],
  ],
  'engine/dw_accumulators.sv': [
    ['accumulators-first', 'dropped', "maximum_i ? -32'sd256 : '0", "maximum_i ? -32'sd256 : 32'sd1", 'sums begin with 1'],
    ['accumulators-max-start', 'threshold', "maximum_i ? -32'sd256", "maximum_i ? 32'sd0", 'a maximum below 0 is lost'],
    ['accumulators-padding', 'dropped', 'slot_valid_i[p] && greater', 'greater', 'padding takes part in the maximum'],
    ['accumulators-extend', 'sign', "acc_q <= base + 32'(sum)", "acc_q <= base + 32'($unsigned(sum))", 'sums are extended as if they were unsigned'],
  ],
  'engine/dw_activity.sv': [
    ['activity-late', 'stage', '.Depth(Levels + 1), .Reset', '.Depth(Levels + 2), .Reset', 'counts the step after'],
    ['activity-gated', 'swap', "gated_o <= gated_o + (48'(Count) - 48'(moved))", "gated_o <= gated_o + 48'(moved)", 'the moved ones count as held'],
    ['activity-clear', 'reset', 'if (!rst_ni || clear_i) begin', 'if (!rst_ni) begin', 'counts of the frame before stay'],
  ],
  'engine/dw_adder_tree.sv': [
    ['tree-operand', 'swap', 'assign b = terms_i[(2*k+1)*Width +: Width]', 'assign b = terms_i[(2*k)*Width +: Width]', 'even terms count twice, odd ones not at all'],
    ['tree-extend', 'sign', "(Width+l)'(a) + (Width+l)'(b)", "(Width+l)'($unsigned(a)) + (Width+l)'(b)", 'a negative term is extended with zeros'],
    ['tree-minus', 'sign', "(Width+l)'(a) + (Width+l)'(b)", "(Width+l)'(a) - (Width+l)'(b)", 'terms are subtracted'],
  ],
  'engine/dw_array.sv': [
    ['array-threshold', 'threshold', "size >= {1'b0, weight_threshold_i}", "size > {1'b0, weight_threshold_i}", 'a weight at the threshold is pruned'],
    ['array-lane', 'swap', 'columns_i[(k*Bytes+m)*10 +: 10]', 'columns_i[(k*Bytes)*10 +: 10]', 'all lanes look at the first channel of the window'],
    ['array-not-pruned', 'dropped', 'wanted && !operand[(p*Inputs+n)*10 + 9]', 'wanted', 'activations below the threshold are not held'],
    ['array-pixel', 'swap', '.x1_i           (operand[((p+1)*Inputs+n)*10 +: 9])', '.x1_i           (operand[(p*Inputs+n)*10 +: 9])', 'both pixels of a pair are the same'],
  ],
  'engine/dw_compute.sv': [
    ['compute-weight-late', 'stage', '.Depth(Operands - 2 - 3)', '.Depth(Operands - 2 - 2)', 'weights meet the operands of the step before'],
    ['compute-retire-early', 'stage', '.Depth(Written + Interval), .Reset', '.Depth(Written + Interval - 1), .Reset', 'a COMPUTE retires before its last code is written'],
    ['compute-addend-late', 'stage', '.Depth(Closed - Operands + 1)) u_addend', '.Depth(Closed - Operands)) u_addend', 'the residual of another step is added'],
    ['compute-weight-range', 'boundary', "32'(weight_address_read) >= WeightDepth", "32'(weight_address_read) > WeightDepth", 'the first word beyond the weight memory is not refused'],
    ['compute-write-range', 'error', "|| write_outside_q != '0) range_q", ') range_q', 'results beyond the banks are not refused'],
    ['compute-free', 'stall', 'assign activation_read_free_o = ~bank_read;', "assign activation_read_free_o = '1;", 'the store unit reads what the engine reads'],
    ['compute-write-ready', 'stall', 'assign activation_write_ready_o = !write_busy;', "assign activation_write_ready_o = 1'b1;", 'loaded words are lost while the engine writes'],
    ['compute-number', 'dropped', "number_q <= number_q + 3'd1;", 'number_q <= number_q;', 'all COMPUTEs share one entry of stage numbers'],
  ],
  'engine/dw_front.sv': [
    ['front-early', 'off-by-one', "5'(dw_pkg::SETUP_CYCLES - 2)", "5'(dw_pkg::SETUP_CYCLES - 3)", 'starts a cycle early'],
    ['front-no-store-wait', 'dropped', '!compute_lead[15] && !store_lead[15]', '!compute_lead[15]', 'does not wait for stores'],
    ['front-no-load-wait', 'dropped', 'waits_met = !load_lead[15] &&', 'waits_met =', 'does not wait for loads'],
    ['front-part', 'select', "take_set && part == 2'd1) part1", "take_set && part == 2'd2) part1", 'a part of the descriptor is another one'],
    ['front-bad-part', 'error', "set ? part == 2'd3 :", "set ? 1'b0 :", 'a part that there is not is not refused'],
    ['front-code', 'error', 'set || compute ? dw_pkg::ERROR_BAD_STAGE : dw_pkg::ERROR_ILLEGAL_OPCODE', 'dw_pkg::ERROR_ILLEGAL_OPCODE', 'the wrong code'],
    ['front-busy', 'stall', 'compute && !next_valid_q;', 'compute;', 'a COMPUTE that waits is overwritten'],
  ],
  'engine/dw_input_walker.sv': [
    ['input-after-row', 'boundary', "row_2q[1:0] == 2'd3 ? slot1_2q : slot0_2q", 'slot0_2q', 'the row after the last of four is read from the wrong slot'],
    ['input-cross', 'off-by-one', "column_ones = 6'((Pixels << work_1q.upsample) - 1)", "column_ones = 6'(Pixels << work_1q.upsample)", 'bank groups are turned at the wrong column'],
    ['input-padding', 'threshold', '(!column[13] && beyond[13])', '(beyond[13])', 'columns left of the map are read'],
    ['input-row-valid', 'threshold', "rest_4q > $signed(14'(i))", "rest_4q >= $signed(14'(i))", 'a row below the map takes part'],
    ['input-top', 'sign', "row_4q >= -$signed(14'(i))", "row_4q >= $signed(14'(i))", 'rows above the map hide others'],
    ['input-wrapped', 'swap', "c < 32'(first_5q)", "c <= 32'(first_5q)", 'one column too many comes from the next bank group'],
    ['input-upsample', 'dropped', "row_3q <= 14'(line_2q) >> work_2q.upsample", "row_3q <= 14'(line_2q)", 'enlarged maps are read as they are'],
    ['input-stride', 'dropped', "(spread_2 ? 14'(2 * p) : 14'(p))", "14'(p)", 'a stride of 2 is ignored within a group'],
    ['input-own', 'select', "work_1q.diagonal ? own : '0", "'0", 'pooling of later channels reads the first ones'],
    ['input-flat-row', 'boundary', "wrap && row_bits[1:0] == 2'd3", "wrap && row_bits[1:0] == 2'd2", 'flat rows change their slot a row early'],
    ['input-read-reset', 'reset', "if (!rst_ni) bank_read_o <= '0;\n    else bank_read_o", 'bank_read_o', 'a stopped frame keeps row sets busy'],
  ],
  'engine/dw_kernel_rows.sv': [
    ['rows-stride', 'swap', "stride_i ? 14'd2 : 14'd1", "stride_i ? 14'd1 : 14'd2", 'strides of 1 and 2 are exchanged'],
    ['rows-end', 'threshold', "q.limit2 > 14'(kernel_height_i)", "q.limit2 >= 14'(kernel_height_i) + 14'd1 + 14'd1", 'kernels that reach the last row are one row too long'],
    ['rows-none', 'dropped', 'd.none = last[7] && !single_i;', "d.none = 1'b0;", 'rows outside the map take steps'],
    ['rows-above', 'sign', "q.top1[13] ? '0 : q.top1[12:0]", 'q.top1[12:0]', 'rows above the map are read'],
  ],
  'engine/dw_multiply.sv': [
    ['single-keep', 'stage', 'keep_q[3] ? product_qq', 'keep_q[2] ? product_qq', 'a product is held by the step after'],
    ['single-sign', 'sign', "16'(x_qq * weight_qq)", "16'(x_qq * $signed({1'b0, weight_qq}))", 'weights count as unsigned'],
  ],
  'engine/dw_multiply_pair.sv': [
    ['pair-carry', 'off-by-one', "product_q + 33'sd32768", "product_q + 33'sd32767", 'the lower product is one too small, the upper one at times'],
    ['pair-keep', 'swap', 'product1_o = keep1_q[3]', 'product1_o = keep0_q[3]', 'the second product follows the pruning of the first'],
    ['pair-stage', 'stage', 'product_q <= pair_q * weight_qq', 'product_q <= pair_q * weight_q', 'the weight is a cycle early'],
    ['pair-extend', 'sign', "+ 25'(x0_q)", "+ 25'($unsigned(x0_q))", 'a negative pixel spoils its neighbour'],
  ],
  'engine/dw_operand.sv': [
    ['operand-zero', 'sign', "9'(code_i) - 9'(zero_i)", "9'(code_i) + 9'(zero_i)", 'the zero point is added'],
    ['operand-above', 'threshold', "10'(code_i) < above_i", "10'(code_i) <= above_i", 'a code at the threshold is pruned'],
    ['operand-padding', 'dropped', "operand_o[8:0] <= valid_i ? 9'(code_i) - 9'(zero_i) : '0", "operand_o[8:0] <= 9'(code_i) - 9'(zero_i)", 'padding counts'],
  ],
  'engine/dw_operand_router.sv': [
    ['router-column', 'off-by-one', "32'(Tap[11:8]) - 8", "32'(Tap[11:8]) - 7", 'taps look a column to the right'],
    ['router-row', 'off-by-one', "32'(Tap[13:12])", "(32'(Tap[13:12]) + 1) % Rows", 'taps look a row below'],
    ['router-map', 'select', "if (map_i == MapBits'(t))", "if (map_i != MapBits'(t))", 'the wrong tap map'],
  ],
  'engine/dw_operand_words.sv': [
    ['words-rotate', 'swap', "(i + 32'(set_i)) % 4", "(i + 4 - 32'(set_i)) % 4", 'rows are rotated the other way'],
    ['words-straddle', 'dropped', '(straddle_1q[p] ? Pixels : 0) +', '', 'pixels of the row after come from the same row'],
    ['words-left', 'off-by-one', 'token_3q.left_ok[HaloGroups-1-j]', 'token_3q.left_ok[j]', 'equivalent with one group of halo; with more, columns left of the map show'],
    ['words-right', 'dropped', 'token_3q.right_ok[HaloGroups-1] ? window_3q', "1'b1 ? window_3q", 'columns right of the map are not masked'],
    ['words-below', 'sign', "10'(zero_i) - 10'(threshold_i)", "10'(zero_i) + 10'(threshold_i)", 'nothing below the zero point is pruned'],
    ['words-offset', 'stage', "32'(offset_2q)*Lanes*8", "32'(offset_1q)*Lanes*8", 'the residual of the next step’s lanes'],
    ['words-row-valid', 'dropped', 'slot_valid_2q[p] && row_valid_2q[i]', 'slot_valid_2q[p]', 'rows outside the map take part in windows'],
  ],
  'engine/dw_pixel_walker.sv': [
    ['pixel-wrap', 'boundary', 'wrap = work_i.flat && !wrapped[13]', "wrap = work_i.flat && !wrapped[13] && wrapped != '0", 'a flat row that ends with its group does not end'],
    ['pixel-set', 'off-by-one', "next_row = (new_row || wrap) && set_q == 2'd3", "next_row = (new_row || wrap) && set_q == 2'd2", 'the slot turns a row early'],
    ['pixel-half', 'off-by-one', "half ? 14'(Pixels / 2) : 14'(Pixels)", "14'(Pixels)", 'every other group of a stride of 2 is missing'],
    ['pixel-next', 'swap', "set_2q == 2'd3 ? next_2q : slot_2q", "set_2q == 2'd3 ? slot_2q : next_2q", 'a row that straddles goes to the wrong slot'],
    ['pixel-beyond', 'dropped', '!column_2q[13] && beyond[13]', '!column_2q[13]', 'columns right of the map are written'],
    ['pixel-block', 'stage', "block_q + 10'd1", "block_q + 10'd2", 'every other block of channels is left out'],
    ['pixel-shift', 'sign', 'halves_1 ? raw >>> 1 : raw', 'halves_1 ? raw >> 1 : raw', 'columns left of the map come back on the right'],
  ],
  'engine/dw_post.sv': [
    ['post-chunk', 'off-by-one', "else if (close_i) chunk_q <= ChunkBits'(1);", "else if (close_i) chunk_q <= '0;", 'only the first pixels of a group are written'],
    ['post-addend', 'stage', '.Depth(6)) u_addend', '.Depth(7)) u_addend', 'the residual comes a cycle late'],
    ['post-zero', 'swap', '.middle_zero_i      (middle_zero_11)', '.middle_zero_i      (middle_zero_9)', 'the zero point belongs to a later group'],
    ['post-bounds', 'swap', '.data_o({middle_high_10, middle_low_10})', '.data_o({middle_low_10, middle_high_10})', 'the bounds are exchanged'],
    ['post-factor', 'swap', 'multiply ? middle_multiplier_i : residual_multiplier_i', 'multiply ? residual_multiplier_i : middle_multiplier_i', 'the factors are exchanged'],
  ],
  'engine/dw_requantise.sv': [
    ['requantise-bias', 'sign', 'accumulator_i + bias_i', 'accumulator_i - bias_i', 'the bias is subtracted'],
    ['requantise-shift', 'stage', '.Width(6), .Depth(5)', '.Width(6), .Depth(4)', 'the shift of a later group'],
    ['requantise-upper', 'width', '.a_i      (sum_1q[31:24])', ".a_i      ({1'b0, sum_1q[30:24]})", 'the sum counts as positive'],
    ['requantise-half', 'width', "{high_3q, {Half{1'b0}}}", "{high_3q, {(Half-1){1'b0}}, 1'b1}", 'the second DSP of a 31-bit multiplier adds one'],
  ],
  'engine/dw_residual.sv': [
    ['residual-addend', 'sign', "9'(addend_i) - 9'(residual_zero_i)", "9'(addend_i) + 9'(residual_zero_i)", 'the zero point of the addend is added'],
    ['residual-choice', 'swap', 'multiply_5 ? product_5 : product_5 +', '!multiply_5 ? product_5 : product_5 +', 'sums and products are exchanged'],
    ['residual-late', 'stage', '.Width(8), .Depth(12)', '.Width(8), .Depth(11)', 'codes without a residual come a cycle early'],
    ['residual-zero-width', 'width', "factor_1q <= multiply_i ? scaled : $signed(FactorBits'(middle_multiplier_i))", "factor_1q <= multiply_i ? scaled : $signed(FactorBits'($signed(middle_multiplier_i)))", 'large multipliers count as negative'],
  ],
  'engine/dw_sequencer.sv': [
    ['sequencer-no-hold', 'stall', 'assign stall = held_q && closing;', "assign stall = 1'b0;", 'groups do not wait for requantisation'],
    ['sequencer-interval', 'off-by-one', "hold_q <= HoldBits'(Interval - 1);", "hold_q <= HoldBits'(Interval - 2);", 'groups wait a cycle less'],
    ['sequencer-lead', 'off-by-one', "lead_q <= 2'(HaloGroups - 1)", "lead_q <= 2'(HaloGroups)", 'one group too many is read ahead'],
    ['sequencer-right', 'off-by-one', "groups_left != '0}", "groups_left > 20'd1}", 'the last but one group does not see the last'],
    ['sequencer-void', 'dropped', 'void_q <= work_i.void_level;', "void_q <= 1'b0;", 'a COMPUTE that the level leaves out runs'],
    ['sequencer-none', 'dropped', 'taps_last = rows.none ||', 'taps_last =', 'rows without taps hang'],
    ['sequencer-residual', 'stage', 'if (work_q.residual) in_residual_q', 'if (work_q.residual && group_last) in_residual_q', 'the residual is read for the last group only'],
  ],
  'engine/dw_setup.sv': [
    ['setup-last', 'off-by-one', "(pixels - 20'd1) >> PixelBits", 'pixels >> PixelBits', 'one group too many where P divides the pixels'],
    ['setup-top', 'sign', "- 14'(padding_top)", "+ 14'(padding_top)", 'padding moves the rows the wrong way'],
    ['setup-skip', 'dropped', "depth_full - (stage_i[dw_pkg::STAGE_DIAGONAL_LSB] ? '0 : 10'(skipped_inputs_q))", 'depth_full', 'words that the level skips take steps'],
    ['setup-left', 'sign', 'left_words_q <= -left_product', 'left_words_q <= left_product', 'padding on the left moves the wrong way'],
    ['setup-void', 'threshold', "blocks_left_q[15] || blocks_left_q == '0", 'blocks_left_q[15]', 'a COMPUTE whose blocks are just all skipped runs'],
    ['setup-level', 'off-by-one', "if (level_i == 3'(level)) begin", "if (level_i == 3'(level - 1)) begin", 'the words of the level after are skipped'],
    ['setup-second', 'stage', 'SecondStart = 12', 'SecondStart = 8', 'products of products are begun before the first are there'],
  ],
  'engine/dw_stage_context.sv': [
    ['context-level', 'off-by-one', "level_i == 3'(level) &&", "level_i == 3'(level - 1) &&", 'the thresholds of the level after'],
    ['context-number', 'stage', 'if (close_i) number_post_q <= number_sums;', 'number_post_q <= number_sums;', 'the numbers of a later COMPUTE'],
    ['context-zero', 'stage', '.Width(3), .Depth(BankData + 1)) u_number_zero', '.Width(3), .Depth(BankData)) u_number_zero', 'the zero point of the COMPUTE after'],
  ],
  'engine/dw_tokens.sv': [
    ['tokens-compute', 'dropped', 'token.compute = step_i.compute && !step_i.residual;', 'token.compute = step_i.compute;', 'the residual word is accumulated'],
    ['tokens-close', 'stage', 'assign close_sums_o = token_sums.valid && token_sums.close;', 'assign close_sums_o = token_sums.close;', 'held steps close their group again'],
    ['tokens-multiply', 'dropped', '&& !step_i.residual && !step_i.none;', '&& !step_i.residual;', 'rows outside the map are multiplied'],
  ],
  'engine/dw_weight_walker.sv': [
    ['weights-gap', 'dropped', "16'd1 + (tap_1q ? 16'(gap_1q) : '0)", "16'd1", 'weights of skipped words are not passed over'],
    ['weights-skip', 'threshold', "less[16] ? '0 : less[15:0]", 'less[15:0]', 'rows below the first take weights before their own'],
    ['weights-parameter', 'off-by-one', "parameter_q + 16'd1", "parameter_q + 16'd2", 'parameters of the block after the next'],
    ['weights-round', 'dropped', 'else if (step_i.group_first) round_q <= block_q;', 'else if (step_i.group_first) round_q <= round_q;', 'later groups begin with the last round of weights'],
    ['weights-stride', 'swap', "work_i.stride_y ? {work_i.row_words, 1'b0}", "!work_i.stride_y ? {work_i.row_words, 1'b0}", 'strides are exchanged'],
  ],
  'engine/dw_write_back.sv': [
    ['back-below', 'swap', 'below[c] ? wrapped_q : address_q', 'below[c] ? address_q : wrapped_q', 'columns go to the wrong bank group'],
    ['back-bytes', 'off-by-one', "32'(offset_q) == b / Lanes", "32'(offset_q) == (b / Lanes + 1) % (Inputs / Lanes)", 'lanes are written to other channels'],
    ['back-row', 'swap', 'if (r == 1) address_o[(r*Pixels+c)*16 +: 16] <= next_q;', 'if (r == 1) address_o[(r*Pixels+c)*16 +: 16] <= address_q;', 'the row after is written over the row'],
    ['back-hold', 'stage', 'if (close_i) begin\n      address_q', "if (1'b1) begin\n      address_q", 'the position does not stay for the later pixels of a group'],
  ],
  'control/dw_control.sv': [
    ['control-owner', 'swap', 'read_owner_i ? dw_pkg::UNIT_LOAD : dw_pkg::UNIT_FETCH', 'read_owner_i ? dw_pkg::UNIT_FETCH : dw_pkg::UNIT_LOAD', 'the wrong unit is blamed'],
    ['control-code', 'error', 'write_slave_error_i ? dw_pkg::ERROR_WRITE_SLAVE_ERROR : dw_pkg::ERROR_WRITE_DECODE_ERROR', 'dw_pkg::ERROR_WRITE_SLAVE_ERROR', 'the wrong code'],
    ['control-idle', 'stall', 'Stop:    if (bus_idle_i) state_d = Idle;', 'Stop:    state_d = Idle;', 'ready while bursts are still under way'],
    ['control-cycles', 'off-by-one', "end else if (done_i) begin\n          done_q <= 1'b1;\n        end else begin", "end else begin\n          if (done_i) done_q <= 1'b1;", 'counts a cycle more'],
    ['control-sticky', 'reset', "done_q   <= 1'b0;\n        error_q  <= 1'b0;\n        code_q   <= dw_pkg::ERROR_NONE;\n        unit_q   <= dw_pkg::UNIT_CONTROL;\n        index_q  <= '0;\n        cycles_q <= '0;\n      end\n      if", "done_q   <= 1'b0;\n        cycles_q <= '0;\n      end\n      if", 'the error of the frame before stays'],
  ],
  'control/dw_dispatch.sv': [
    ['dispatch-last', 'off-by-one', "last_q  <= index_q + 32'd2 == count_i", "last_q  <= index_q + 32'd1 == count_i", 'END is expected one later'],
    ['dispatch-idle', 'dropped', '& (stores_q == store_retired_i);', ';', 'a frame ends before its last store'],
    ['dispatch-identity', 'error', '!= Identity) code = dw_pkg::ERROR_IDENTITY_MISMATCH', '== Identity) code = dw_pkg::ERROR_IDENTITY_MISMATCH', 'accepts the wrong programs alone'],
    ['dispatch-zero', 'error', "run_i && count_i == '0", "run_i && count_i == 32'd1", 'a program of no instruction hangs'],
    ['dispatch-pressure', 'stall', '(load & load_ready_i)', 'load', 'a LOAD is lost where its queue is full'],
  ],
  'control/dw_fetch.sv': [
    ['fetch-room', 'off-by-one', "reserved_q <= RoomBits'(Depth - Burst)", "reserved_q < RoomBits'(Depth - Burst)", 'asks late for more'],
    ['fetch-hold', 'stall', "beat_ready_o = hold_q <= 3'd1", "beat_ready_o = 1'b1", 'a beat of several instructions is overwritten'],
    ['fetch-address', 'off-by-one', "address_q + 32'(Burst * Bytes)", "address_q + 32'(Burst * Bytes / 2)", 'the second burst repeats half of the first'],
    ['fetch-beats', 'off-by-one', '* Bytes + AxiBytes - 1) / AxiBytes', '* Bytes) / AxiBytes', 'the last, partial beat of wide buses is missing'],
    ['fetch-order', 'swap', '{beat_data_i, data_q[255:AxiBytes*8]}', '{data_q[255-AxiBytes*8:0], beat_data_i}', 'narrow beats are put together in the wrong order'],
  ],
  'control/dw_instructions.sv': [
    ['instructions-queue', 'swap', '.valid_i(load_push)', '.valid_i(store_push)', 'LOADs go nowhere'],
    ['instructions-waiting', 'dropped', '.compute_waiting_i(compute_valid_o)', ".compute_waiting_i(1'b0)", 'a frame may end with a SET in the queue'],
  ],
  'control/dw_load.sv': [
    ['load-ready', 'stall', "target_q != 2'd2 | activation_ready_i", "target_q != 2'd2 | 1'b1", 'does not wait for the engine’s writes'],
    ['load-last-beat', 'off-by-one', 'LastGroup = GroupBytes / AxiBytes - 1', 'LastGroup = GroupBytes / AxiBytes', 'words of rows take a beat too many'],
    ['load-between', 'stall', '(write & ~last_word)', 'write', 'the next LOAD begins a cycle early'],
    ['load-table', 'width', "{address[7:0], 8'd0}", "{address[8:0], 7'd0}", 'tables overlap'],
    ['load-clear', 'reset', 'if (!rst_ni || clear_i) begin\n      active_q', "if (1'b0) begin\n      active_q", 'a stopped LOAD goes on in the next frame'],
  ],
  'control/dw_load_unit.sv': [
    ['load-unit-error', 'error', 'assign error_o = transfer_error | row_error;', 'assign error_o = transfer_error;', 'rows beyond the banks are not refused'],
    ['load-unit-beats', 'swap', '.ParameterBeats(ParameterBytes / AxiBytes)', '.ParameterBeats(WeightBytes / AxiBytes)', 'parameters have the length of weights'],
    ['load-unit-ring', 'swap', '.item_base_i   (base)', '.item_base_i   (address)', 'the ring turns to where the rows began'],
  ],
  'control/dw_read_arbiter.sv': [
    ['arbiter-most', 'off-by-one', "outstanding_q != 4'(Most)", "outstanding_q != 4'(Most + 1)", 'one burst too many under way'],
    ['arbiter-priority', 'swap', 'assign load_ready_o  = room & ~fetch_valid_i;', 'assign load_ready_o  = room;', 'two bursts are granted at once'],
    ['arbiter-place', 'off-by-one', "grant && after == 4'(at)", "grant && outstanding_q == 4'(at)", 'owners are confused where a burst ends'],
    ['arbiter-length', 'off-by-one', "8'(beats - 9'd1)", "8'(beats)", 'bursts are a beat too long'],
    ['arbiter-drain', 'stall', 'owner_valid & (stop_i | (', 'owner_valid & ((', 'a stopped machine leaves beats on the bus'],
    ['arbiter-error', 'error', "slave_error_o      = beat & (rresp_i == 2'd2)", "slave_error_o      = beat & (rresp_i == 2'd1)", 'SLVERR is not seen'],
    ['arbiter-base', 'width', "base_i + {8'd0, address[31:12]}", "{8'd0, address[31:12]}", 'the base of the image is ignored'],
  ],
  'control/dw_registers.sv': [
    ['registers-strobe', 'dropped', 'count_q <= (wdata_i & mask) | (count_q & ~mask)', 'count_q <= wdata_i', 'byte strobes are ignored'],
    ['registers-clear', 'dropped', 'pending_q & ~(wdata_i[1:0] & mask[1:0])', 'pending_q & (wdata_i[1:0] & mask[1:0])', 'writing a 1 keeps what should be cleared'],
    ['registers-high', 'width', 'dw_pkg::REG_BASE_HIGH: base_high_q <= (wdata_i[7:0] & mask[7:0])', "dw_pkg::REG_BASE_HIGH: base_high_q <= ({1'b0, wdata_i[6:0]} & mask[7:0])", 'the highest bit of the base is lost'],
    ['registers-status', 'swap', "{29'd0, error_i, done_i, busy_i}", "{29'd0, done_i, error_i, busy_i}", 'error and done are exchanged'],
    ['registers-hold', 'stall', 'bvalid_q  <= write | (bvalid_q & ~bready_i)', 'bvalid_q  <= write', 'a response that is not taken at once is lost'],
    ['registers-irq', 'dropped', 'irq_q     <= |(pending_q & enable_q)', 'irq_q     <= |pending_q', 'interrupts that are not enabled are raised'],
  ],
  'control/dw_rows.sv': [
    ['rows-ring', 'boundary', 'after == end_q ? base_q : after', 'after > end_q ? base_q : after', 'the ring turns a slot late'],
    ['rows-turn', 'off-by-one', "if (set_q == 2'd3) row_q", "if (set_q == 2'd2) row_q", 'the slot changes a row early'],
    ['rows-range', 'boundary', "address_q >= 17'(Depth)", "address_q > 17'(Depth)", 'the first word beyond the banks is not refused'],
    ['rows-left', 'off-by-one', "~linear_q & (left_q == 14'd1)", "~linear_q & (left_q == 14'd0)", 'rows are a word too long'],
  ],
  'control/dw_store.sv': [
    ['store-room', 'off-by-one', "room_q    <= RoomBits'(dw_pkg::STORE_BUFFER);", "room_q    <= RoomBits'(dw_pkg::STORE_BUFFER - 1);", 'asks for a word less ahead'],
    ['store-free', 'stall', "(room_q != '0) & read_free_i[read_set_o]", "(room_q != '0)", 'reads row sets that the engine reads'],
    ['store-last', 'stage', "all_sent_q & (responses_q == 8'd1)", 'all_sent_q', 'retires before its last response'],
    ['store-stop', 'dropped', '{AxiBytes{~stop_i}}', "{AxiBytes{1'b1}}", 'a stopped store writes what it does not have'],
    ['store-pop', 'off-by-one', "beat_q == BeatBits'(Beats - 1)", "beat_q == BeatBits'(0)", 'words change after their first beat'],
    ['store-length', 'off-by-one', "8'(burst_beats) - 8'd1}", "8'(burst_beats)}", 'bursts are announced a beat too long'],
    ['store-code', 'error', "decode_error_o = bvalid_i & (bresp_i == 2'd3)", "decode_error_o = bvalid_i & (bresp_i == 2'd2)", 'DECERR is not seen'],
  ],
  'control/dw_transfer.sv': [
    ['transfer-boundary', 'boundary', "{{(BeatBits - 12) {1'b0}}, at_q[11:0]}", "{{(BeatBits - 12) {1'b0}}, 1'b0, at_q[10:0]}", 'bursts cross a multiple of 4 kB'],
    ['transfer-limit', 'off-by-one', "7'(MostBeats);\n  assign fits", "7'(MostBeats + 1);\n  assign fits", 'bursts may be a beat too long'],
    ['transfer-wait', 'dropped', '~(behind_load[15] | behind_compute[15] | behind_store[15])', '~(behind_load[15] | behind_compute[15])', 'does not wait for stores'],
    ['transfer-range', 'boundary', "last > 21'(WeightDepth)", "last > 21'(WeightDepth + 1)", 'a word beyond the weight memory is not refused'],
    ['transfer-align', 'error', '(unaligned || at_q[32]', '(at_q[32]', 'addresses between beats are not refused'],
    ['transfer-empty', 'error', "|words_q[33:24] || words_q == '0", '|words_q[33:24]', 'an empty transfer is not refused'],
    ['transfer-level', 'width', "level_i[2] ? {1'd0, stride_q, 2'b0}", "level_i[2] ? {2'd0, stride_q, 1'b0}", 'levels 4 to 7 load the data of others'],
    ['transfer-interval', 'stage', "if (prepare_q) burst_valid_q <= 1'b1;", "if (prepare_q || (taken && !burst_last_q)) burst_valid_q <= 1'b1;", 'a burst is offered before it is worked out'],
    ['transfer-end', 'boundary', 'end_beat > ImageBeats', 'end_beat >= ImageBeats', 'equivalent in tests: only a transfer to the very last byte of 4 GB would show it'],
  ],
  'top/depthwright_core.sv': [
    ['core-store-count', 'swap', 'if (store_retire) store_retired_q', 'if (load_retire) store_retired_q', 'stores are counted as loads'],
    ['core-bytes', 'dropped', 'if (m_axi_wvalid_o && m_axi_wready_i) write_bytes_q', 'if (m_axi_wvalid_o) write_bytes_q', 'beats that wait are counted again'],
    ['core-misaligned', 'width', "offset[7:0] != 8'd0", "offset[4:0] != 5'd0", 'programs between bursts are not refused'],
    ['core-stop', 'reset', 'unit_rst_nq <= rst_ni & ~stop;', 'unit_rst_nq <= rst_ni;', 'units go on while the machine stops'],
    ['core-level', 'dropped', 'level_q      <= level;', "level_q      <= '0;", 'every frame runs at level 0'],
    ['core-options', 'width', "{11'd0, WindowKernels, 1'b0, Tables,", "{12'd0, WindowKernels, Tables,", 'the options register says something else'],
  ],
};
