// SPDX-License-Identifier: Apache-2.0
//
// Follows the steps through the input map (and, in the step for it, the residual tensor) and gives every bank its
// address: src/spec/layout.ts in hardware, without a multiplication or a division.
//
// Stage 1 follows rows and groups, stage 2 the taps of a group, stages 3 to 5 add addresses, stage 6 deals them out to
// the 4 x P banks. A slot's words lie in the row that kernel row i names (window path: all four rows of the step), or, on
// the flat path, in it and the row after.
// Latency: bank_* six cycles after step_i (PIPELINE_READ). One step a cycle, no stalls.
module dw_input_walker #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned WindowSteps = 1,
  parameter int unsigned StepMapBits = 1,
  parameter bit [WindowSteps*4-1:0] StepRows = '0,
  parameter bit [WindowSteps*8-1:0] StepMaps = '0,
  parameter bit [WindowSteps-1:0] StepOwnBlocks = '0,
  localparam int unsigned PixelBits = $clog2(Pixels),
  localparam int unsigned ColumnBits = Pixels == 1 ? 1 : PixelBits,
  localparam int unsigned RatioBits = $clog2(Inputs / Lanes),
  localparam int unsigned OffsetBits = RatioBits == 0 ? 1 : RatioBits,
  localparam int unsigned Sets = dw_pkg::ROW_SETS
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  dw_engine_pkg::step_t         step_i,
  input  dw_engine_pkg::work_t         work_i,
  input  dw_engine_pkg::rows_t         rows_i,
  // From dw_pixel_walker, one cycle after step_i.
  input  logic [13:0]                  position_column_i,
  input  logic [1:0]                   position_set_i,
  input  logic [15:0]                  position_words_i,
  input  logic [15:0]                  position_slot_i,
  input  logic [15:0]                  position_next_i,
  input  logic [9:0]                   position_block_i,
  input  logic [Pixels-1:0]            position_in_i,
  input  logic [Pixels-1:0]            position_used_i,     // three cycles after step_i
  output logic [Sets-1:0]              bank_read_o,         // row sets read
  output logic [Sets*Pixels*16-1:0]    bank_address_o,      // [set][column]
  output logic [1:0]                   bank_set_o,          // row set of row 0
  output logic [Sets-1:0]              row_valid_o,         // window path: row i lies in the map
  output logic [Pixels-1:0]            slot_valid_o,        // direct: slot's column lies in the map; window: column's
  output logic [Pixels-1:0]            slot_straddle_o,     // slot's word lies in row 1
  output logic [Pixels*ColumnBits-1:0] slot_column_o,       // bank column of a slot
  output logic [OffsetBits-1:0]        lane_offset_o,       // place of the lanes in their word
  output logic [StepMapBits-1:0]       map_o                // tap map of the window step
);
  // Step tables, filled up to what an index can reach.
  localparam int unsigned Steps = 64;
  localparam bit [Steps*4-1:0] StepRowTable = (Steps * 4)'(StepRows);
  localparam bit [Steps*8-1:0] StepMapTable = (Steps * 8)'(StepMaps);
  localparam bit [Steps-1:0] StepOwnTable = Steps'(StepOwnBlocks);

  // ---- stage 1: row and group
  dw_engine_pkg::step_t step_1q, step_2q, step_3q;
  dw_engine_pkg::work_t work_1q, work_2q, work_3q, work_4q;
  logic signed [13:0] column_1q, column_next, column_wrapped;
  logic [15:0] words_1q, slot0_1q, slot1_1q, slot2_1q, slot3_1q, group_words;
  logic [13:0] top_1q;
  logic [12:0] row_1q;
  logic [9:0] block_1q;
  logic [5:0] index_1q;
  logic group, wrap, row_turn, turn, single;
  logic [2:0] fraction, enlarged;
  logic double;            // columns advance by 2
  logic [15:0] slot_after;
  logic [3:0] row_bits;    // row within a slot, enlarged

  assign group = step_i.valid && step_i.group_first;
  assign double = work_i.stride_x && Pixels == 1 && !work_i.window;
  assign column_next = column_1q + (double ? 14'd2 : 14'(Pixels));
  assign column_wrapped = column_1q + 14'(Pixels) - 14'(work_i.input_width);
  assign wrap = work_i.flat && !column_wrapped[13] && !step_i.read_row_first;
  // With a stride of 2 and one pixel, a step of two columns may be two groups.
  assign single = double && work_i.upsample == '0;
  // Adding P (or, with one pixel and a stride of 2, 2) to the column leaves its bank group where the enlarged columns
  // within it are the last ones.
  assign enlarged = 3'((4'd1 << work_i.upsample) - 4'd1);
  assign fraction = {column_1q[PixelBits+2:PixelBits+1], column_1q[PixelBits] || double};
  assign turn = (fraction & enlarged) == enlarged;
  assign group_words = single ? 16'(work_i.input_blocks) << 1 : 16'(work_i.input_blocks);
  assign row_bits = 4'(row_1q[3:0] >> work_i.upsample);
  assign row_turn = work_i.flat ? wrap && row_bits[1:0] == 2'd3
                  : step_i.read_row_first && rows_i.row[2 + 32'(work_i.upsample)] != row_1q[2 + 32'(work_i.upsample)];

  dw_next_slot u_after (
    .slot_i(slot3_1q), .base_i(work_i.input_base), .last_i(work_i.input_last), .pitch_i(work_i.input_pitch),
    .next_o(slot_after)
  );

  always_ff @(posedge clk_i) begin
    if (group) begin
      if (step_i.read_block_first) begin
        slot0_1q <= work_i.input_row;
        slot1_1q <= work_i.input_slot1;
        slot2_1q <= work_i.input_slot2;
        slot3_1q <= work_i.input_slot3;
      end else if (row_turn) begin
        slot0_1q <= slot1_1q;
        slot1_1q <= slot2_1q;
        slot2_1q <= slot3_1q;
        slot3_1q <= slot_after;
      end
      if (step_i.read_block_first) block_1q <= step_i.first ? work_i.block : block_1q + 10'd1;
      if (step_i.read_row_first) begin
        column_1q <= work_i.left;
        words_1q <= work_i.left_words;
        top_1q <= rows_i.top;
        row_1q <= rows_i.row;
      end else if (wrap) begin
        column_1q <= column_wrapped;
        words_1q <= '0;
        row_1q <= row_1q + 13'd1;
      end else begin
        column_1q <= column_next;
        if (turn) words_1q <= words_1q + group_words;
      end
    end
    if (step_i.valid) index_1q <= step_i.round_first ? work_i.first_step : index_1q + 6'd1;
    step_1q <= step_i;
    work_1q <= work_i;
    work_2q <= work_1q;
    work_3q <= work_2q;
    work_4q <= work_3q;
  end

  // ---- stage 2: tap
  logic [13:0] column_2q, top_2q, position_column_2q;
  logic [15:0] words_2q, walk_2q, walk_after, slot0_2q, slot1_2q, slot2_2q, position_words_2q, position_slot_2q;
  logic [15:0] position_next_2q;
  logic [12:0] line_2q, row_2q;
  logic [9:0] channel_2q, own, position_block_2q;
  logic [1:0] position_set_2q;
  logic [3:0] step_row_2q;
  logic [StepMapBits-1:0] map_2q;
  logic [OffsetBits-1:0] offset_1, offset_2q;
  logic [Pixels-1:0] in_2q;
  logic column_cross, line_cross;

  assign own = block_1q >> RatioBits;
  if (RatioBits == 0) begin : gen_no_offset
    assign offset_1 = '0;
  end else begin : gen_offset
    assign offset_1 = block_1q[RatioBits-1:0];
  end
  // Last column of a bank group, last row of a slot.
  logic [5:0] column_ones;
  logic [4:0] line_ones;
  assign column_ones = 6'((Pixels << work_1q.upsample) - 1);
  assign line_ones = 5'((Sets << work_1q.upsample) - 1);
  assign column_cross = (column_2q[5:0] & column_ones) == column_ones;
  assign line_cross = (line_2q[4:0] & line_ones) == line_ones;
  dw_next_slot u_walk (
    .slot_i(walk_2q), .base_i(work_1q.input_base), .last_i(work_1q.input_last), .pitch_i(work_1q.input_pitch),
    .next_o(walk_after)
  );

  always_ff @(posedge clk_i) begin
    if (step_1q.valid) begin
      if (step_1q.tap_row_first) begin
        column_2q <= column_1q;
        words_2q <= words_1q;
      end else if (step_1q.tap_first) begin
        column_2q <= column_2q + 14'd1;
        if (column_cross) words_2q <= words_2q + 16'(work_1q.input_blocks);
      end
      if (step_1q.round_first) begin
        line_2q <= row_1q;
        walk_2q <= slot0_1q;
      end else if (step_1q.tap_row_first) begin
        line_2q <= line_2q + 13'd1;
        if (line_cross) walk_2q <= walk_after;
      end
      if (work_1q.window) channel_2q <= StepOwnTable[index_1q] ? own : '0;
      else if (step_1q.tap_first) channel_2q <= work_1q.diagonal ? own : '0;
      else channel_2q <= channel_2q + 10'd1;
    end
    step_row_2q <= StepRowTable[index_1q*4 +: 4];
    map_2q <= StepMapTable[index_1q*8 +: StepMapBits];
    offset_2q <= work_1q.window && !StepOwnTable[index_1q] ? '0 : offset_1;
    step_2q <= step_1q;
    top_2q <= top_1q;
    row_2q <= row_1q;
    slot0_2q <= slot0_1q;
    slot1_2q <= slot1_1q;
    slot2_2q <= slot2_1q;
    position_column_2q <= work_1q.broadcast ? '0 : position_column_i;
    position_set_2q <= work_1q.broadcast ? '0 : position_set_i;
    position_words_2q <= work_1q.broadcast ? '0 : position_words_i;
    position_slot_2q <= work_1q.broadcast ? work_1q.residual_row : position_slot_i;
    position_next_2q <= position_set_i == 2'd3 ? position_next_i : position_slot_i;
    position_block_2q <= position_block_i;
    in_2q <= position_in_i;
  end

  // ---- stage 3: row, column of every slot
  logic [15:0] cell_3q, slot0_3q, slot1_3q, slot2_3q, direct_3q, after_3q;
  logic [9:0] inner_3q;
  logic signed [13:0] row_3q;
  logic [1:0] base_3q;
  logic [13:0] first_3q;
  logic residual_2, spread_2;
  logic [OffsetBits-1:0] offset_3q;
  logic [StepMapBits-1:0] map_3q;
  logic [Pixels-1:0] in_3q;
  logic [Pixels*14-1:0] column_3q;

  assign residual_2 = step_2q.residual;
  assign spread_2 = work_2q.stride_x && !work_2q.window && !residual_2;
  always_ff @(posedge clk_i) begin
    step_3q <= step_2q;
    cell_3q <= (residual_2 ? position_words_2q : words_2q) + (residual_2 ? 16'(position_block_2q) : 16'(channel_2q));
    inner_3q <= residual_2 ? position_block_2q : channel_2q;
    if (work_2q.window) row_3q <= top_2q + 14'(step_row_2q);
    else if (residual_2) row_3q <= 14'(position_set_2q);
    else row_3q <= 14'(line_2q) >> work_2q.upsample;
    base_3q <= row_2q[3:2];
    slot0_3q <= slot0_2q;
    slot1_3q <= slot1_2q;
    slot2_3q <= slot2_2q;
    direct_3q <= residual_2 ? position_slot_2q : work_2q.flat ? slot0_2q : walk_2q;
    after_3q <= residual_2 ? position_next_2q : row_2q[1:0] == 2'd3 ? slot1_2q : slot0_2q;
    first_3q <= residual_2 ? position_column_2q : column_2q;
    offset_3q <= offset_2q;
    map_3q <= map_2q;
    in_3q <= in_2q;
    for (int unsigned p = 0; p < Pixels; p++) begin
      if (residual_2) column_3q[p*14 +: 14] <= position_column_2q + (work_2q.broadcast ? '0 : 14'(p));
      else column_3q[p*14 +: 14] <= column_2q + (spread_2 ? 14'(2 * p) : 14'(p));
    end
  end

  // ---- stage 4: slots of the rows, bank column of every slot
  logic [15:0] cell_4q, wrapped_4q, cell1_4q;
  logic [Sets*16-1:0] slot_4q;
  logic signed [13:0] row_4q, rest_4q;
  logic [ColumnBits-1:0] first_4q;
  logic [Pixels-1:0] valid_4q, straddle_4q;
  logic [Pixels*ColumnBits-1:0] column_4q;
  logic [13:0] first_down;
  logic [OffsetBits-1:0] offset_4q;
  logic [StepMapBits-1:0] map_4q;
  logic [Sets-1:0] sets_4q;
  logic [1:0] upsample_3;
  logic flat_3;
  logic [Pixels-1:0] straddle_3;
  logic [1:0] slot_base;

  assign upsample_3 = step_3q.residual ? '0 : work_3q.upsample;
  assign flat_3 = work_3q.flat && !(step_3q.residual && work_3q.broadcast);
  assign first_down = first_3q >> upsample_3;
  assign slot_base = row_3q[3:2] - base_3q;
  for (genvar p = 0; p < Pixels; p++) begin : gen_slot
    logic [13:0] column, beyond, down;
    assign column = column_3q[p*14 +: 14];
    assign beyond = column - 14'(work_3q.input_width);
    assign straddle_3[p] = flat_3 && !beyond[13];
    assign down = straddle_3[p] ? beyond : column >> upsample_3;
    always_ff @(posedge clk_i) begin
      valid_4q[p] <= !step_3q.none && (work_3q.window || position_used_i[p])
                     && (work_3q.flat || (!column[13] && beyond[13]));
      straddle_4q[p] <= straddle_3[p];
      column_4q[p*ColumnBits +: ColumnBits] <= Pixels == 1 ? '0 : down[ColumnBits-1:0];
    end
    logic unused_slot;
    assign unused_slot = ^down;
  end
  for (genvar i = 0; i < Sets; i++) begin : gen_row
    logic [2:0] carry;
    logic [1:0] which;
    assign carry = 3'(row_3q[1:0]) + 3'(i);
    assign which = slot_base + 2'(carry[2]);
    always_ff @(posedge clk_i) begin
      if (work_3q.window) slot_4q[i*16 +: 16] <= which == 2'd0 ? slot0_3q : which == 2'd1 ? slot1_3q : slot2_3q;
      else slot_4q[i*16 +: 16] <= i == 0 ? direct_3q : after_3q;
    end
    logic unused_row;
    assign unused_row = ^carry;
  end
  always_ff @(posedge clk_i) begin
    cell_4q <= cell_3q;
    wrapped_4q <= cell_3q + (step_3q.residual ? 16'(work_3q.residual_blocks) : 16'(work_3q.input_blocks));
    cell1_4q <= flat_3 ? 16'(inner_3q) : cell_3q;
    row_4q <= row_3q;
    rest_4q <= 14'(work_3q.input_height) - row_3q;
    first_4q <= Pixels == 1 ? '0 : first_down[ColumnBits-1:0];
    offset_4q <= offset_3q;
    map_4q <= map_3q;
    if (!step_3q.valid) sets_4q <= '0;
    else if (work_3q.window) sets_4q <= '1;
    else if (step_3q.none && !step_3q.residual) sets_4q <= '0;
    else sets_4q <= (4'd1 << row_3q[1:0]) | ((straddle_3 & in_3q) != '0 ? 4'd1 << (row_3q[1:0] + 2'd1) : 4'd0);
  end

  // ---- stage 5: addresses of the rows
  logic [Sets*16-1:0] address_5q;
  logic [15:0] wrapped_5q;
  logic [1:0] set_5q;
  logic [Sets-1:0] row_valid_5q, sets_5q;
  logic [ColumnBits-1:0] first_5q;
  logic [Pixels-1:0] valid_5q, straddle_5q;
  logic [Pixels*ColumnBits-1:0] column_5q;
  logic [OffsetBits-1:0] offset_5q;
  logic [StepMapBits-1:0] map_5q;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Sets; i++) begin
      address_5q[i*16 +: 16] <= slot_4q[i*16 +: 16] + (i == 1 ? cell1_4q : cell_4q);
      row_valid_5q[i] <= row_4q >= -$signed(14'(i)) && rest_4q > $signed(14'(i));
    end
    wrapped_5q <= slot_4q[15:0] + wrapped_4q;
    set_5q <= row_4q[1:0];
    first_5q <= first_4q;
    valid_5q <= valid_4q;
    straddle_5q <= straddle_4q;
    column_5q <= column_4q;
    offset_5q <= offset_4q;
    map_5q <= map_4q;
    sets_5q <= sets_4q;
  end

  // ---- stage 6: addresses of the banks
  always_ff @(posedge clk_i) begin
    for (int unsigned s = 0; s < Sets; s++) begin
      for (int unsigned c = 0; c < Pixels; c++) begin
        if (2'(s) == set_5q && c < 32'(first_5q)) bank_address_o[(s*Pixels+c)*16 +: 16] <= wrapped_5q;
        else bank_address_o[(s*Pixels+c)*16 +: 16] <= address_5q[16*((s + 4 - 32'(set_5q)) % 4) +: 16];
      end
    end
    bank_set_o <= set_5q;
    row_valid_o <= row_valid_5q;
    slot_valid_o <= valid_5q;
    slot_straddle_o <= straddle_5q;
    slot_column_o <= column_5q;
    lane_offset_o <= offset_5q;
    map_o <= map_5q;
    if (!rst_ni) bank_read_o <= '0;
    else bank_read_o <= sets_5q;
  end

  logic unused;
  assign unused = ^{work_4q, position_set_i, rows_i, step_3q, row_bits, row_2q, first_down};
endmodule
