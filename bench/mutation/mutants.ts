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
  ],
  'lib/dw_fifo.sv': [
    ['fifo-early-full', 'off-by-one', "full_q  <= push & (write_q + 1'b1 == read_q)", "full_q  <= push & (write_q + IndexBits'(2) == read_q)", 'full one word early, then never'],
    ['fifo-lost-pressure', 'stall', 'assign ready_o = ~full_q;', "assign ready_o = 1'b1;", 'a full queue takes words all the same'],
    ['fifo-no-clear', 'reset', 'if (!rst_ni || clear_i) begin\n      write_q', 'if (!rst_ni) begin\n      write_q', 'words of a stopped frame stay'],
  ],
  'lib/dw_loop.sv': [
    ['loop-last-early', 'off-by-one', "left_q == Width'(1);", "left_q == Width'(2);", 'the last index is announced one early'],
    ['loop-advance-wins', 'select', 'end else if (load_i) begin', 'end else if (load_i && !advance_i) begin', 'a new limit is lost where the index advances'],
  ],
  'lib/dw_next_slot.sv': [
    ['next-slot-wrap', 'boundary', 'slot_i == last_i', 'slot_i == base_i', 'the ring turns at its first slot'],
  ],
  'lib/dw_round_clamp.sv': [
    ['round-half', 'off-by-one', "{zero_i, 1'b1}", "{zero_i, 1'b0}", 'rounds down instead of to the nearest'],
    ['round-logical', 'sign', 'assign middle = coarse_q >>>', 'assign middle = coarse_q >>', 'negative sums are shifted as if they were unsigned'],
    ['round-coarse', 'width', 'Coarse = Middle + 12', 'Coarse = Middle + 11', 'values that the middle step still shifts by 12 saturate too early'],
  ],
  'lib/dw_serial_multiply.sv': [
    ['serial-shift', 'off-by-one', 'b_q <= b_q << 1;', 'b_q <= b_q << 2;', 'partial products weigh too much'],
  ],
  'lib/dw_slice.sv': [
    ['slice-lost-word', 'stall', 'assign ready_o = ~spare_valid_q;', "assign ready_o = 1'b1;", 'a third word overwrites the second'],
    ['slice-unstable', 'stall', 'if (ready_i || !valid_q) data_q <=', 'if (ready_i || ready_o) data_q <=', 'an offered word changes before it is taken'],
  ],
  'lib/dw_soft_multiply.sv': [
    ['soft-sign', 'sign', "(a[4*r+2] ? b : '0) - top", "(a[4*r+2] ? b : '0) + top", 'the sign bit weighs positive'],
  ],
  'memory/dw_activation_memory.sv': [
    ['banks-second-set', 'off-by-one', "write_set_i + 2'd1 == 2'(s)", "write_set_i + 2'd2 == 2'(s)", 'the row after goes to the wrong set'],
    ['banks-bytes', 'width', "write_bytes_i : '0", "{Inputs{1'b1}} : '0", 'writes of some lanes overwrite the other channels of the word'],
  ],
  'memory/dw_lines.sv': [
    ['lines-chain', 'swap', 'lines_o[(l-1)*Width +: Width]', 'data_i', 'all lines hold the last group'],
  ],
  'memory/dw_ram.sv': [
    ['ram-latency', 'stage', 'always_ff @(posedge clk_i) read_data_o <= read;', 'assign read_data_o = read;', 'words of memories of one segment come a cycle early'],
    ['ram-read-segment', 'select', "if (read_segment_q == SegmentBits'(s)) chosen", "if (read_segment_q == SegmentBits'(s - 1)) chosen", 'words are read from the segment after theirs'],
    ['ram-segment-early', 'stage', "if (read_segment_q == SegmentBits'(s)) chosen", "if (read_segment == SegmentBits'(s)) chosen", 'words are read from the segment of the next address'],
    ['ram-write-all', 'dropped', "write_segment == SegmentBits'(segment) ? write_i : '0", 'write_i', 'words are written to all segments'],
  ],
  'memory/dw_tables.sv': [
    ['tables-piece', 'off-by-one', "address[9 -: WordIndexBits] + WordIndexBits'(piece_q)", 'address[9 -: WordIndexBits]', 'pieces of a wide beat overwrite each other'],
    ['tables-pop', 'stall', "pop = valid && piece_q == '1", 'pop = valid', 'the later pieces of a wide beat are lost'],
  ],
  'engine/dw_accumulators.sv': [
    ['accumulators-max-start', 'threshold', "maximum_i ? -32'sd256", "maximum_i ? 32'sd0", 'a maximum below 0 is lost'],
    ['accumulators-padding', 'dropped', 'slot_valid_i[p] && greater', 'greater', 'padding takes part in the maximum'],
  ],
  'engine/dw_activity.sv': [
    ['activity-gated', 'swap', "gated_o <= gated_o + (48'(Count) - 48'(moved))", "gated_o <= gated_o + 48'(moved)", 'the moved ones count as held'],
    ['activity-clear', 'reset', 'if (!rst_ni || clear_i) begin', 'if (!rst_ni) begin', 'counts of the frame before stay'],
  ],
  'engine/dw_adder_tree.sv': [
    ['tree-extend', 'sign', "To'(a) + To'(b)", "To'($unsigned(a)) + To'(b)", 'a negative term is extended with zeros'],
    ['tree-mask', 'dropped', 'assign first = terms_i[(2*k)*Width +: Width] & mask;', 'assign first = terms_i[(2*k)*Width +: Width];', 'the low bits of every other product stay'],
  ],
  'engine/dw_array.sv': [
    ['array-threshold', 'threshold', 'size >= weight_threshold_i', 'size > weight_threshold_i', 'a weight at the threshold is pruned'],
    ['array-negative', 'sign', "(weight[7] && cancel == '1)", "1'b0", 'a negative weight at the threshold is pruned'],
    ['array-ties', 'select', 'n % 2 == 1 ? odd_3q : even_3q', 'n % 2 == 1 ? even_3q : even_3q', 'ties of products at odd inputs go up'],
    ['array-dropped', 'threshold', "rounding_2q[3:0] > 4'(b)", "rounding_2q[3:0] >= 4'(b)", 'products are rounded by one bit too many'],
    ['array-mask-early', 'stage', '.mask_i (mask_4q)', '.mask_i (~dropped_3q)', 'the last products of a stage lose the low bits that the next one drops'],
    ['array-round-late', 'stage', 'n % 2 == 1 ? odd_3q : even_3q;', "n % 2 == 1 ? odd_3q : ~mask_4q ^ (~mask_4q >> 1);", 'even products are rounded by what belongs to the step before'],
  ],
  'engine/dw_compute.sv': [
    ['compute-retire-early', 'stage', '.Depth(Written + Interval), .Reset', '.Depth(Written + Interval - 1), .Reset', 'a COMPUTE retires before its last code is written'],
    ['compute-weight-range', 'boundary', "32'(weight_address_read) >= WeightDepth", "32'(weight_address_read) > WeightDepth", 'the first word beyond the weight memory is not refused'],
    ['compute-write-range', 'error', "|| write_outside_q != '0) range_q", ') range_q', 'results beyond the banks are not refused'],
    ['compute-free', 'stall', 'assign activation_read_free_o = ~bank_read;', "assign activation_read_free_o = '1;", 'the store unit reads what the engine reads'],
  ],
  'engine/dw_front.sv': [
    ['front-no-store-wait', 'dropped', '!compute_lead[15] && !store_lead[15]', '!compute_lead[15]', 'does not wait for stores'],
    ['front-bad-part', 'error', "set ? part == 2'd3 :", "set ? 1'b0 :", 'a part that there is not is not refused'],
    ['front-busy', 'stall', 'compute && !next_valid_q;', 'compute;', 'a COMPUTE that waits is overwritten'],
  ],
  'engine/dw_input_walker.sv': [
    ['input-cross', 'off-by-one', "column_ones = 6'((Pixels << work_1q.upsample) - 1)", "column_ones = 6'(Pixels << work_1q.upsample)", 'bank groups are turned at the wrong column'],
    ['input-straddle', 'dropped', "((straddle_3 & in_3q) != '0 ? 4'd1", "(1'b0 ? 4'd1", 'the row after is not read where slots straddle'],
  ],
  'engine/dw_kernel_rows.sv': [
    ['rows-none', 'dropped', 'd.none = last[7] && !single_i;', "d.none = 1'b0;", 'rows that see nothing of the map take steps'],
  ],
  'engine/dw_multiply.sv': [
    ['single-keep', 'stage', 'if (keep_q[2]) product_qq', 'if (keep_q[1]) product_qq', 'the last register moves by the stage before'],
    ['single-round', 'dropped', 'product_q + round_i', 'product_q', 'products are rounded down'],
    ['single-sign', 'sign', "16'(x_qq * weight_qq)", "16'(x_qq * $signed({1'b0, weight_qq}))", 'weights count as unsigned'],
  ],
  'engine/dw_multiply_pair.sv': [
    ['pair-weight', 'stall', 'if (either_i) weight_q', 'if (keep0_i) weight_q', 'the weight stays where only the upper operand moves'],
    ['pair-enable', 'stage', 'if (keep0_q[1] || keep1_q[1]) product_q', 'if (keep0_q[2] || keep1_q[2]) product_q', 'the product moves by the stage behind'],
    ['pair-enable-one', 'dropped', 'if (keep0_q[0] || keep1_q[0]) begin', 'if (keep0_q[0]) begin', 'the pair stays where only the upper operand moves'],
    ['pair-carry', 'off-by-one', 'product_q + addend_i', "product_q + addend_i - 33'sd1", 'the lower product is one too small, the upper one at times'],
  ],
  'engine/dw_offset.sv': [
    ['offset-held', 'dropped', 'Table[{keep_i, upper_i}]', "Table[{1'b1, upper_i}]", 'the upper bits of a held product count'],
    ['offset-minus', 'sign', 'Minus ? -Step : Step', 'Step', 'the second half is as much too high as the first'],
  ],
  'engine/dw_operand.sv': [
    ['operand-clear', 'dropped', 'assign clear = !valid_i && !pruned', "assign clear = !valid_i && !pruned && 1'b0", 'padding is no 0 where level 0 prunes nothing'],
    ['operand-mask', 'width', "{6'h3f, mask_i}", "{7'h7f, mask_i[1:0]}", 'the third low bit is not dropped'],
    ['operand-above', 'threshold', "10'(code_i) < above_i", "10'(code_i) <= above_i", 'a code at the threshold is pruned'],
  ],
  'engine/dw_operand_router.sv': [
    ['router-column', 'off-by-one', "32'(Tap[11:8]) - 8", "32'(Tap[11:8]) - 7", 'taps look a column to the right'],
  ],
  'engine/dw_operand_words.sv': [
    ['words-left', 'off-by-one', 'token_3q.left_ok[HaloGroups-1-j]', 'token_3q.left_ok[j]', 'equivalent with one group of halo; with more, columns left of the map show'],
  ],
  'engine/dw_pixel_walker.sv': [
    ['pixel-next', 'swap', "set_2q == 2'd3 ? next_2q : slot_2q", "set_2q == 2'd3 ? slot_2q : next_2q", 'a row that straddles goes to the wrong slot'],
  ],
  'engine/dw_post.sv': [
    ['post-addend', 'stage', '.Depth(6)) u_addend', '.Depth(7)) u_addend', 'the residual comes a cycle late'],
    ['post-turn-order', 'swap', 'summed_late = {turn_sum, sums_q}', 'summed_late = {sums_q, turn_sum}', 'sums are shifted in from the wrong end'],
    ['post-turn-codes', 'dropped', 'codes_q >> (ResidualUnits * 8)', 'codes_q', 'turns after the second take the codes of the second'],
    ['post-turn-numbers', 'stall', 'if (enter_1) begin\n      residual_zero_2q', "if (1'b1) begin\n      residual_zero_2q", 'the last turns of a stage take the numbers of the next'],
    ['post-enter', 'stage', 'turn_addend = enters[6]', 'turn_addend = enters[7]', 'the turns of a group begin a cycle late'],
    ['post-active', 'stall', '{active_q, |enters[6 +: Turns]}', '{active_q, enters[6]}', 'registers of the residual hold in the turns after the first'],
    ['post-latency', 'stage', '.Depth(11 + Turns)) u_plain', '.Depth(12)) u_plain', 'codes without a residual do not wait as long as those with one'],
    ['post-table', 'stage', '.Depth(22 + Turns)) u_table', '.Depth(23)) u_table', 'the number of the table comes before the codes of the last turn'],
  ],
  'engine/dw_requantise.sv': [
    ['requantise-half', 'width', "{high_3q, {Half{1'b0}}}", "{high_3q, {(Half-1){1'b0}}, 1'b1}", 'the second DSP of a 31-bit multiplier adds one'],
  ],
  'engine/dw_residual.sv': [
    ['residual-zero-width', 'width', "factor_1q <= multiply_i ? scaled : $signed(FactorBits'(middle_multiplier_i))", "factor_1q <= multiply_i ? scaled : $signed(FactorBits'($signed(middle_multiplier_i)))", 'large multipliers count as negative'],
  ],
  'engine/dw_sequencer.sv': [
    ['sequencer-no-hold', 'stall', 'assign stall = held_q && closing && (Interval != 1 || work_q.residual);', "assign stall = 1'b0;", 'groups do not wait for requantisation'],
    ['sequencer-residual', 'dropped', '(Interval != 1 || work_q.residual)', '(Interval != 1)', 'groups do not wait for the turns of the residual'],
    ['sequencer-hold-all', 'select', '&& (Interval != 1 || work_q.residual);', ';', 'groups without a residual wait as well'],
    ['sequencer-interval', 'off-by-one', "HoldBits'(ResidualInterval - 1)", "HoldBits'(ResidualInterval - 2)", 'groups wait a turn less than there are'],
    ['sequencer-lead', 'off-by-one', "lead_q <= 2'(HaloGroups - 1)", "lead_q <= 2'(HaloGroups)", 'one group too many is read ahead'],
    ['sequencer-right', 'off-by-one', "groups_left != '0}", "groups_left > 20'd1}", 'the last but one group does not see the last'],
  ],
  'engine/dw_setup.sv': [
    ['setup-skip', 'dropped', "depth_full - (stage_i[dw_pkg::STAGE_DIAGONAL_LSB] ? '0 : 10'(skipped_inputs_q))", 'depth_full', 'words that the level skips take steps'],
  ],
  'engine/dw_stage_context.sv': [
    ['context-rounding', 'dropped', "zero - 8'(offset)", 'zero', 'activations are rounded down, not to nearest'],
    ['context-round-down', 'boundary', "above_lowest < 8'(half) ? '0 : ", '', 'activations near 255 leave their 9 bits'],
    ['context-ties', 'select', '{stage_1q[dw_pkg::STAGE_ALTERNATE_LSB], ', "{1'b1, ", 'ties at odd inputs go down in every stage'],
    ['context-number', 'stage', 'if (close_i) number_post_q <= number_sums;', 'number_post_q <= number_sums;', 'the numbers of a later COMPUTE'],
  ],
  'engine/dw_tokens.sv': [
    ['tokens-close', 'stage', 'assign close_sums_o = token_sums.valid && token_sums.close;', 'assign close_sums_o = token_sums.close;', 'held steps close their group again'],
  ],
  'engine/dw_weight_walker.sv': [
    ['weights-skip', 'threshold', "less[16] ? '0 : less[15:0]", 'less[15:0]', 'rows below the first take weights before their own'],
    ['weights-parameter', 'off-by-one', "parameter_q + 16'd1", "parameter_q + 16'd2", 'parameters of the block after the next'],
  ],
  'engine/dw_write_back.sv': [
    ['back-below', 'swap', 'below[c] ? wrapped_q : address_q', 'below[c] ? address_q : wrapped_q', 'columns go to the wrong bank group'],
    ['back-hold', 'stage', 'if (close_late) begin\n      {address_q', "if (1'b1) begin\n      {address_q", 'the position does not stay for the later pixels of a group'],
  ],
  'control/dw_control.sv': [
    ['control-idle', 'stall', 'Stop:    if (bus_idle_i) state_d = Idle;', 'Stop:    state_d = Idle;', 'ready while bursts are still under way'],
    ['control-sticky', 'reset', "done_q   <= 1'b0;\n        error_q  <= 1'b0;\n        code_q   <= dw_pkg::ERROR_NONE;\n        unit_q   <= dw_pkg::UNIT_CONTROL;\n        index_q  <= '0;\n        cycles_q <= '0;\n      end\n      if", "done_q   <= 1'b0;\n        cycles_q <= '0;\n      end\n      if", 'the error of the frame before stays'],
  ],
  'control/dw_dispatch.sv': [
    ['dispatch-idle', 'dropped', '\n              & (stores_q == store_retired_i[CountBits-1:0]);', ';', 'a frame ends before its last store'],
    ['dispatch-zero', 'error', "run_i && count_i == '0", "run_i && count_i == 32'd1", 'a program of no instruction hangs'],
  ],
  'control/dw_dispatch_take.sv': [
    ['take-load', 'swap', 'take_o = first_i | load_i;', 'take_o = first_i | store_i;', 'a LOAD is taken where there is room for a STORE'],
    ['take-end', 'dropped', 'see_i & end_i & (opcode_i == dw_pkg::OPCODE_END)', 'see_i & end_i', 'any last instruction ends the program'],
  ],
  'control/dw_fetch.sv': [
    ['fetch-hold', 'stall', "beat_ready_o = hold_q <= 3'd1", "beat_ready_o = 1'b1", 'a beat of several instructions is overwritten'],
    ['fetch-beats', 'off-by-one', '* Bytes + AxiBytes - 1) / AxiBytes', '* Bytes) / AxiBytes', 'the last, partial beat of wide buses is missing'],
  ],
  'control/dw_instructions.sv': [
    ['instructions-waiting', 'dropped', '.compute_waiting_i(compute_valid_o)', ".compute_waiting_i(1'b0)", 'a frame may end with a SET in the queue'],
  ],
  'control/dw_load.sv': [
    ['load-ready', 'stall', "target_q != 2'd2 | activation_ready_i", "target_q != 2'd2 | 1'b1", 'does not wait for the engine’s writes'],
    ['load-clear', 'reset', 'if (!rst_ni || clear_i) begin\n      active_q', "if (1'b0) begin\n      active_q", 'a stopped LOAD goes on in the next frame'],
  ],
  'control/dw_load_unit.sv': [
    ['load-unit-error', 'error', 'assign error_o = transfer_error | row_error;', 'assign error_o = transfer_error;', 'rows beyond the banks are not refused'],
  ],
  'control/dw_read_arbiter.sv': [
    ['arbiter-priority', 'swap', 'assign load_ready_o  = room & ~fetch_valid_i;', 'assign load_ready_o  = room;', 'two bursts are granted at once'],
    ['arbiter-place', 'off-by-one', "grant && after == 4'(at)", "grant && outstanding_q == 4'(at)", 'owners are confused where a burst ends'],
    ['arbiter-drain', 'stall', 'owner_valid & (stop_i | (', 'owner_valid & ((', 'a stopped machine leaves beats on the bus'],
    ['arbiter-base', 'width', "base_i + {8'd0, address[31:12]}", "{8'd0, address[31:12]}", 'the base of the image is ignored'],
  ],
  'control/dw_registers.sv': [
    ['registers-strobe', 'dropped', 'count_q <= (wdata_i & mask) | (count_q & ~mask)', 'count_q <= wdata_i', 'byte strobes are ignored'],
    ['registers-clear', 'dropped', 'pending_q & ~(wdata_i[1:0] & mask[1:0])', 'pending_q & (wdata_i[1:0] & mask[1:0])', 'writing a 1 keeps what should be cleared'],
    ['registers-high', 'width', 'dw_pkg::REG_BASE_HIGH: base_high_q <= (wdata_i[7:0] & mask[7:0])', "dw_pkg::REG_BASE_HIGH: base_high_q <= ({1'b0, wdata_i[6:0]} & mask[7:0])", 'the highest bit of the base is lost'],
  ],
  'control/dw_rows.sv': [
    ['rows-ring', 'boundary', 'after == end_q ? base_q : after', 'after > end_q ? base_q : after', 'the ring turns a slot late', 'a hole, not looked into yet: LOAD and STORE turn alike, and the layers of the checks are small'],
    ['rows-range', 'boundary', "address_q >= 17'(Depth)", "address_q > 17'(Depth)", 'the first word beyond the banks is not refused'],
  ],
  'control/dw_store.sv': [
    ['store-room', 'off-by-one', "room_q    <= RoomBits'(dw_pkg::STORE_BUFFER);", "room_q    <= RoomBits'(dw_pkg::STORE_BUFFER + 1);", 'asks for a word more than its buffer holds'],
    ['store-last', 'stage', "all_sent_q & (responses_q == 8'd1)", 'all_sent_q', 'retires before its last response'],
    ['store-stop', 'dropped', '{AxiBytes{~stop_i}}', "{AxiBytes{1'b1}}", 'a stopped store writes what it does not have', 'a hole: no check stops a STORE where a beat that is sent without data would differ from what lies in memory'],
  ],
  'control/dw_transfer.sv': [
    ['transfer-boundary', 'boundary', "12'(BoundaryBeats / MostBeats - 1)", "12'(BoundaryBeats / MostBeats)", 'bursts cross a multiple of 4 kB'],
    ['transfer-fits', 'off-by-one', "(8-MostBits)'(1) && over[MostBits-1:0] == '0", "(8-MostBits)'(1)", 'the last burst takes more beats than a burst may have'],
    ['transfer-wait', 'dropped', '~(behind_load[15] | behind_compute[15] | behind_store[15])', '~(behind_load[15] | behind_compute[15])', 'does not wait for stores'],
    ['transfer-empty', 'error', "|words_q[33:24] || words_q == '0", '|words_q[33:24]', 'an empty transfer is not refused'],
    ['transfer-level', 'width', "level_i[2] ? {1'd0, stride_q, 2'b0}", "level_i[2] ? {2'd0, stride_q, 1'b0}", 'levels 4 to 7 load the data of others'],
    ['transfer-end', 'boundary', '$signed({1\'b0, first_beat}) > room_q', '$signed({1\'b0, first_beat}) >= room_q', 'a transfer of the very last byte of the image is refused'],
  ],
  'top/depthwright_core.sv': [
    ['core-bytes', 'dropped', 'if (m_axi_wvalid_o && m_axi_wready_i) write_bytes_q', 'if (m_axi_wvalid_o) write_bytes_q', 'beats that wait are counted again'],
    ['core-misaligned', 'width', "offset[7:0] != 8'd0", "offset[4:0] != 5'd0", 'programs between bursts are not refused'],
    ['core-stop', 'reset', 'unit_rst_nq <= rst_ni & ~stop;', 'unit_rst_nq <= rst_ni;', 'units go on while the machine stops', 'a hole: no check starts a frame while a COMPUTE that was stopped could still run'],
    ['core-level', 'dropped', 'level_q      <= level;', "level_q      <= '0;", 'every frame runs at level 0'],
  ],
};
