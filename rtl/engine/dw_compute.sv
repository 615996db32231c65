// SPDX-License-Identifier: Apache-2.0
//
// The compute unit: on-chip memories and everything that reads, computes and writes back a COMPUTE.
//
// Instructions: SET writes a stage descriptor, COMPUTE runs one; anything else stops the unit with an error code.
// Load unit: one whole word a cycle into the weight, parameter and table memories, never stalled; activation words wait
// while activation_write_ready_o is low (the engine writes). Store unit: a word of a row set whose bit of
// activation_read_free_o is high is taken in the cycle of the request and delivered, with activation_read_valid_o,
// two cycles later (so it can stand in a register of the store unit after three).
// clear_i (one cycle, unit idle or in error) starts a frame: clears the count, the counters and the error.
module dw_compute #(
  parameter int unsigned Pixels = 0,            // P, power of two
  parameter int unsigned Lanes = 0,             // M, power of two, at most Inputs
  parameter int unsigned Inputs = 0,            // N, power of two
  parameter int unsigned ActivationDepth = 0,
  parameter int unsigned WeightDepth = 0,
  parameter int unsigned ParameterDepth = 0,
  parameter int unsigned SegmentDepth = 0,
  parameter int unsigned MultiplierBits = 16,   // 16 or 31
  parameter int unsigned RequantisePixels = 0,  // power of two, at most Pixels
  parameter int unsigned ResidualPixels = 0,    // power of two, below RequantisePixels only if that is Pixels
  parameter bit          NarrowDsp = 1'b0,
  parameter bit          Tables = 1'b1,
  parameter int unsigned AxiBytes = 0,          // bytes of a table write
  // Window kernels, from packWindowTables() in src/generate/window-tables.ts.
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned WindowSteps = 1,       // entries of the step tables
  parameter int unsigned KernelSteps = 1,       // of the kernel with most of them
  parameter int unsigned TapMaps = 1,
  parameter bit [WindowSteps*4-1:0] StepRows = '0,            // first kernel row of step s
  parameter bit [WindowSteps*8-1:0] StepMaps = '0,            // tap map of step s
  parameter bit [WindowSteps-1:0] StepOwnBlocks = '0,         // 1: the lane's own channel block, 0: block 0
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0,            // one multiplier's view: see dw_operand_router
  localparam int unsigned GroupBits = Pixels * Inputs * 8,
  localparam int unsigned ParameterBytes = MultiplierBits == 16 ? 8 : 16,
  localparam int unsigned WeightBits = Lanes * Inputs * 8,
  localparam int unsigned ParameterBits = Lanes * ParameterBytes * 8
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     clear_i,
  input  logic [2:0]               level_i,                   // pruning level, constant while busy_o

  input  logic                     instruction_valid_i,
  output logic                     instruction_ready_o,
  input  logic [255:0]             instruction_i,

  input  logic [15:0]              load_retired_i,
  input  logic [15:0]              store_retired_i,
  output logic [15:0]              retired_o,                 // COMPUTEs retired, modulo 2^16
  output logic                     busy_o,                    // a COMPUTE is held or under way
  output logic                     error_valid_o,             // stays until clear_i
  output logic [7:0]               error_code_o,

  // For co-simulation: the cycle of a COMPUTE's first and last step, the cycle in which its count becomes visible.
  output logic                     trace_first_o,
  output logic                     trace_last_o,
  output logic                     trace_retired_o,

  input  logic                     weight_write_valid_i,
  input  logic [15:0]              weight_write_address_i,
  input  logic [WeightBits-1:0]    weight_write_data_i,
  input  logic                     parameter_write_valid_i,
  input  logic [15:0]              parameter_write_address_i,
  input  logic [ParameterBits-1:0] parameter_write_data_i,
  input  logic                     table_write_valid_i,
  input  logic [9:0]               table_write_address_i,     // first byte, a multiple of AxiBytes
  input  logic [AxiBytes*8-1:0]    table_write_data_i,

  input  logic                     activation_write_valid_i,
  output logic                     activation_write_ready_o,
  input  logic [1:0]               activation_write_set_i,
  input  logic [15:0]              activation_write_address_i,
  input  logic [GroupBits-1:0]     activation_write_data_i,

  output logic [3:0]               activation_read_free_o,
  input  logic                     activation_read_request_i, // only for a set that is free
  input  logic [1:0]               activation_read_set_i,
  input  logic [15:0]              activation_read_address_i,
  output logic                     activation_read_valid_o,
  output logic [GroupBits-1:0]     activation_read_data_o,

  output logic [47:0]              active_multiplies_o,       // multiplications whose operands moved on
  output logic [47:0]              gated_multiplies_o         // multiplications whose operands were held by pruning
);

  localparam int unsigned Sets = dw_pkg::ROW_SETS;
  localparam int unsigned InputBits = $clog2(Inputs);
  localparam int unsigned ColumnBits = Pixels == 1 ? 1 : $clog2(Pixels);
  localparam int unsigned OffsetBits = Inputs == Lanes ? 1 : $clog2(Inputs / Lanes);
  localparam int unsigned MapBits = TapMaps == 1 ? 1 : $clog2(TapMaps);
  localparam int unsigned WordBits = Inputs * 8;
  localparam int unsigned SumBits = 16 + InputBits;
  localparam int unsigned Interval = Pixels / RequantisePixels;
  localparam int unsigned Turns = RequantisePixels / ResidualPixels;
  localparam int unsigned ChunkBits = Interval == 1 ? 1 : $clog2(Interval);
  localparam int unsigned Columns = (2 * HaloGroups + 1) * Pixels;
  localparam int unsigned LineDepth = KernelSteps * 4;     // rounds of a group: up to 4
  localparam int unsigned MultiplierCount = Pixels * Lanes * Inputs;
  localparam int unsigned StageBits = dw_pkg::STAGE_BITS;

  // Latencies from the sequencer's step; dw_pkg has them from src/spec/timing.ts.
  localparam int unsigned BankData = dw_pkg::PIPELINE_READ + 2;
  localparam int unsigned Operands = BankData + 4;
  localparam int unsigned Sums = Operands + 4 + InputBits;
  localparam int unsigned Closed = Sums + 1;                  // accumulators hold the group
  localparam int unsigned Written = Closed + dw_pkg::PIPELINE_REQUANTISE + dw_pkg::PIPELINE_RESIDUAL + Turns - 1;

  // What of a window the taps look at.
  function automatic int unsigned window_rows();
    window_rows = 1;
    for (int unsigned k = 0; k < TapMaps * Inputs; k++)
      if (Taps[k*16+15] && 32'(Taps[k*16+12 +: 2]) >= window_rows) window_rows = 32'(Taps[k*16+12 +: 2]) + 1;
  endfunction
  function automatic int unsigned window_bytes();
    window_bytes = Lanes;
    for (int unsigned k = 0; k < TapMaps * Inputs; k++)
      if (Taps[k*16+15] && !Taps[k*16+14] && 32'(Taps[k*16 +: 8]) >= window_bytes)
        window_bytes = 32'(Taps[k*16 +: 8]) + 1;
  endfunction
  localparam int unsigned WindowRows = window_rows();
  localparam int unsigned WindowBytes = window_bytes();

  // ---- front end and sequencer
  logic start, free, held, active, last;
  logic [StageBits-1:0] next_stage, stage_q;
  dw_engine_pkg::work_t next_work, work;
  dw_engine_pkg::rows_t next_rows, rows;
  dw_engine_pkg::step_t step;
  logic [13:0] next_top;
  logic front_error, range_q;
  logic [3:0] front_code;
  logic [15:0] retired_q;

  dw_front #(.Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs)) u_front (
    .clk_i,
    .rst_ni,
    .clear_i,
    .level_i,
    .instruction_valid_i,
    .instruction_ready_o,
    .instruction_i,
    .load_retired_i,
    .compute_retired_i(retired_q),
    .store_retired_i,
    .free_i           (free),
    .hold_i           (range_q),
    .start_o          (start),
    .held_o           (held),
    .stage_o          (next_stage),
    .work_o           (next_work),
    .rows_o           (next_rows),
    .top_o            (next_top),
    .error_o          (front_error),
    .error_code_o     (front_code)
  );
  assign error_valid_o = front_error || range_q;
  always_comb begin
    error_code_o = 8'(dw_pkg::ERROR_NONE);
    if (front_error) error_code_o = 8'(front_code);
    else if (range_q) error_code_o = 8'(dw_pkg::ERROR_ADDRESS_RANGE);
  end

  dw_sequencer #(.HaloGroups(HaloGroups), .Interval(Interval), .ResidualInterval(Pixels / ResidualPixels)) u_sequencer (
    .clk_i,
    .rst_ni,
    .start_i        (start),
    .work_i         (next_work),
    .rows_i         (next_rows),
    .top_i          (next_top),
    .kernel_height_i(next_stage[dw_pkg::STAGE_KERNEL_HEIGHT_LSB +: 6]),
    .free_o         (free),
    .active_o       (active),
    .last_o         (last),
    .step_o         (step),
    .work_o         (work),
    .rows_o         (rows)
  );

  // Number of the COMPUTE, modulo 8: names its entry in the context memories. Fewer are under way at once, because
  // starts are SETUP_CYCLES apart.
  logic [2:0] number_q;
  logic fresh_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) number_q <= '0;
    else if (start) number_q <= number_q + 3'd1;
    fresh_q <= start;
    if (start) stage_q <= next_stage;
  end

  // ---- retirement
  logic retire, retire_q, busy_q;
  logic [3:0] flying_q;
  dw_delay #(.Width(1), .Depth(Written + Interval), .Reset(1'b1)) u_retire (
    .clk_i, .rst_ni, .data_i(last), .data_o(retire)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      retired_q <= '0;
      flying_q <= '0;
      retire_q <= 1'b0;
    end else begin
      retire_q <= retire;
      if (retire) retired_q <= retired_q + 16'd1;
      flying_q <= flying_q + 4'(fresh_q) - 4'(retire);
    end
  end
  assign busy_q = flying_q != '0;
  assign busy_o = held || active || busy_q;
  assign retired_o = retired_q;
  assign trace_first_o = fresh_q;
  assign trace_last_o = last;
  assign trace_retired_o = retire_q;

  // ---- where the words lie
  logic [13:0] position_column;
  logic [1:0] position_set, write_set, bank_set;
  logic [15:0] position_words, position_slot, position_next, write_address, write_wrapped, write_next;
  logic [9:0] position_block;
  logic [OffsetBits-1:0] position_offset, write_offset, lane_offset;
  logic [Pixels-1:0] position_in, position_used, write_valid, write_straddle, slot_valid, slot_straddle;
  logic [ColumnBits-1:0] write_first;
  logic [Pixels*ColumnBits-1:0] write_column, slot_column;
  logic [Sets-1:0] bank_read, row_valid;
  logic [Sets*Pixels*16-1:0] bank_address;
  logic [MapBits-1:0] map;

  dw_pixel_walker #(.Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs)) u_pixel_walker (
    .clk_i, .step_i(step), .work_i(work), .position_column_o(position_column), .position_set_o(position_set),
    .position_words_o(position_words), .position_slot_o(position_slot), .position_next_o(position_next),
    .position_block_o(position_block), .position_offset_o(position_offset), .position_in_o(position_in),
    .position_used_o(position_used), .write_address_o(write_address), .write_wrapped_o(write_wrapped),
    .write_next_o(write_next), .write_first_o(write_first), .write_set_o(write_set), .write_offset_o(write_offset),
    .write_valid_o(write_valid), .write_straddle_o(write_straddle), .write_column_o(write_column)
  );

  dw_input_walker #(
    .Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs), .WindowSteps(WindowSteps), .StepMapBits(MapBits),
    .StepRows(StepRows), .StepMaps(StepMaps), .StepOwnBlocks(StepOwnBlocks)
  ) u_input_walker (
    .clk_i, .rst_ni, .step_i(step), .work_i(work), .rows_i(rows), .position_column_i(position_column),
    .position_set_i(position_set), .position_words_i(position_words), .position_slot_i(position_slot),
    .position_next_i(position_next), .position_block_i(position_block), .position_in_i(position_in),
    .position_used_i(position_used), .bank_read_o(bank_read), .bank_address_o(bank_address), .bank_set_o(bank_set),
    .row_valid_o(row_valid), .slot_valid_o(slot_valid), .slot_straddle_o(slot_straddle),
    .slot_column_o(slot_column), .lane_offset_o(lane_offset), .map_o(map)
  );

  logic [15:0] weight_address, weight_address_read, parameter_address, parameter_address_read;
  dw_weight_walker #(.Lanes(Lanes), .Inputs(Inputs)) u_weight_walker (
    .clk_i,
    .step_i             (step),
    .work_i             (work),
    .weight_address_o   (weight_address),
    .parameter_address_o(parameter_address)
  );
  // The weights meet the operands.
  dw_delay #(.Width(16), .Depth(Operands - 2 - 3)) u_weight_delay (
    .clk_i, .rst_ni, .data_i(weight_address), .data_o(weight_address_read)
  );
  dw_delay #(.Width(16), .Depth(Closed - 2 - 1)) u_parameter_delay (
    .clk_i, .rst_ni, .data_i(parameter_address), .data_o(parameter_address_read)
  );

  // ---- what goes with a step
  dw_engine_pkg::token_t token_bank, token_operands, token_sums;
  logic weight_read, close_read, close_sums, close_q;
  dw_tokens #(.BankData(BankData), .Operands(Operands), .Sums(Sums)) u_tokens (
    .clk_i, .rst_ni, .step_i(step), .window_i(work.window), .maximum_i(stage_q[dw_pkg::STAGE_MAXIMUM_LSB]),
    .token_bank_o(token_bank), .token_operands_o(token_operands), .token_sums_o(token_sums),
    .weight_read_o(weight_read), .close_read_o(close_read), .close_sums_o(close_sums), .close_o(close_q)
  );

  // ---- numbers of the stage
  localparam int unsigned PostBits = 2 + 3 + 7 * 8 + 2 * MultiplierBits + 6;
  logic [PostBits-1:0] post_q;
  logic [26:0] activation_q;
  logic [11:0] array_q;
  dw_stage_context #(
    .MultiplierBits(MultiplierBits), .BankData(BankData), .Operands(Operands), .Sums(Sums)
  ) u_stage_context (
    .clk_i, .rst_ni, .level_i, .number_i(number_q), .stage_i(stage_q), .close_i(close_sums),
    .activation_o(activation_q), .array_o(array_q), .post_o(post_q)
  );

  // ---- memories
  logic write_busy;
  logic [1:0] port_set;
  logic [2*Pixels-1:0] port_write;
  logic [2*Pixels*16-1:0] port_address;
  logic [2*Pixels*WordBits-1:0] port_data;
  logic [Inputs-1:0] port_bytes;
  logic [Sets*Pixels*WordBits-1:0] bank_data;
  logic [WeightBits-1:0] weight;
  logic [ParameterBits-1:0] parameters;

  dw_activation_memory #(.Pixels(Pixels), .Inputs(Inputs), .Depth(ActivationDepth), .SegmentDepth(SegmentDepth)) u_activations (
    .clk_i, .rst_ni, .read_i(bank_read), .read_address_i(bank_address), .read_data_o(bank_data),
    .write_busy_i(write_busy), .write_set_i(port_set), .write_i(port_write), .write_address_i(port_address),
    .write_data_i(port_data), .write_bytes_i(port_bytes), .store_request_i(activation_read_request_i),
    .store_set_i(activation_read_set_i), .store_address_i(activation_read_address_i),
    .store_valid_o(activation_read_valid_o), .store_data_o(activation_read_data_o),
    .load_valid_i(activation_write_valid_i), .load_set_i(activation_write_set_i),
    .load_address_i(activation_write_address_i), .load_data_i(activation_write_data_i)
  );
  assign activation_write_ready_o = !write_busy;
  assign activation_read_free_o = ~bank_read;

  dw_ram #(.Width(WeightBits), .Depth(WeightDepth), .SegmentDepth(SegmentDepth)) u_weights (
    .clk_i,
    .read_i         (weight_read),
    .read_address_i (weight_address_read),
    .read_data_o    (weight),
    .write_i        (weight_write_valid_i),
    .write_address_i(weight_write_address_i),
    .write_data_i   (weight_write_data_i)
  );
  dw_ram #(.Width(ParameterBits), .Depth(ParameterDepth), .SegmentDepth(SegmentDepth)) u_parameters (
    .clk_i,
    .read_i         (close_read),
    .read_address_i (parameter_address_read),
    .read_data_o    (parameters),
    .write_i        (parameter_write_valid_i),
    .write_address_i(parameter_write_address_i),
    .write_data_i   (parameter_write_data_i)
  );

  // A word outside its memory stops the unit: no further COMPUTE starts.
  logic [2*Pixels-1:0] write_outside_q;
  logic weight_outside_q, parameter_outside_q;
  always_ff @(posedge clk_i) begin
    weight_outside_q <= weight_read && 32'(weight_address_read) >= WeightDepth;
    parameter_outside_q <= close_read && 32'(parameter_address_read) >= ParameterDepth;
    for (int unsigned c = 0; c < 2 * Pixels; c++)
      write_outside_q[c] <= write_busy && port_write[c] && 32'(port_address[c*16 +: 16]) >= ActivationDepth;
    if (!rst_ni || clear_i) range_q <= 1'b0;
    else if (weight_outside_q || parameter_outside_q || write_outside_q != '0) range_q <= 1'b1;
  end

  // ---- operands
  localparam int unsigned AddressControl = 2 + Sets + 2 * Pixels + Pixels * ColumnBits + OffsetBits;
  logic [AddressControl-1:0] control_bank;
  logic [MapBits-1:0] map_operands;
  logic [1:0] set_bank;
  logic [Sets-1:0] row_valid_bank;
  logic [Pixels-1:0] slot_valid_bank, slot_straddle_bank, slot_valid_sums;
  logic [Pixels*ColumnBits-1:0] slot_column_bank;
  logic [OffsetBits-1:0] lane_offset_bank;
  logic [Pixels*Lanes*8-1:0] addend, addend_closed;
  logic [Pixels*Inputs*10-1:0] direct;
  logic blank;
  logic [Columns*WindowRows*WindowBytes*10-1:0] columns;

  dw_delay #(.Width(AddressControl), .Depth(2)) u_control_bank (
    .clk_i, .rst_ni,
    .data_i({bank_set, row_valid, slot_valid, slot_straddle, slot_column, lane_offset}),
    .data_o(control_bank)
  );
  assign {set_bank, row_valid_bank, slot_valid_bank, slot_straddle_bank, slot_column_bank, lane_offset_bank} = control_bank;
  dw_delay #(.Width(MapBits), .Depth(Operands - dw_pkg::PIPELINE_READ)) u_map (
    .clk_i, .rst_ni, .data_i(map), .data_o(map_operands)
  );
  dw_delay #(.Width(Pixels), .Depth(Sums - BankData)) u_slot_valid (
    .clk_i, .rst_ni, .data_i(slot_valid_bank), .data_o(slot_valid_sums)
  );

  dw_operand_words #(
    .Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs), .HaloGroups(HaloGroups), .Rows(WindowRows), .Bytes(WindowBytes),
    .LineDepth(LineDepth)
  ) u_operand_words (
    .clk_i,
    .rst_ni,
    .token_i        (token_bank),
    .data_i         (bank_data),
    .set_i          (set_bank),
    .row_valid_i    (row_valid_bank),
    .slot_valid_i   (slot_valid_bank),
    .slot_straddle_i(slot_straddle_bank),
    .slot_column_i  (slot_column_bank),
    .lane_offset_i  (lane_offset_bank),
    .zero_i         (activation_q[7:0]),
    .threshold_i    (activation_q[15:8]),
    .rounding_zero_i(activation_q[23:16]),
    .mask_i         (activation_q[26:24]),
    .addend_o       (addend),
    .direct_o       (direct),
    .columns_o      (columns),
    .blank_o        (blank)
  );
  dw_delay #(.Width(Pixels * Lanes * 8), .Depth(Closed - Operands + 1)) u_addend (
    .clk_i, .rst_ni, .data_i(addend), .data_o(addend_closed)
  );

  // ---- products, sums, accumulators
  logic [Pixels*Lanes*SumBits-1:0] sums;
  logic [MultiplierCount-1:0] kept;
  logic [Pixels*Lanes*32-1:0] accumulators;
  logic multiply;
  assign multiply = token_operands.valid && token_operands.multiply;

  dw_array #(
    .Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs), .HaloGroups(HaloGroups), .Rows(WindowRows), .Bytes(WindowBytes),
    .TapMaps(TapMaps), .MapBits(MapBits), .Taps(Taps)
  ) u_array (
    .clk_i,
    .valid_i           (multiply),
    .window_i          (token_operands.window),
    .blank_i           (blank),
    .map_i             (map_operands),
    .weight_threshold_i(array_q[6:0]),
    .product_shift_i   (array_q[10:7]),
    .alternate_i       (array_q[11]),
    .weight_i          (weight),
    .direct_i          (direct),
    .columns_i         (columns),
    .sum_o             (sums),
    .kept_o            (kept)
  );
  dw_accumulators #(.Pixels(Pixels), .Lanes(Lanes), .SumBits(SumBits)) u_accumulators (
    .clk_i,
    .valid_i      (token_sums.valid && token_sums.compute),
    .first_i      (token_sums.first),
    .maximum_i    (token_sums.maximum),
    .slot_valid_i (slot_valid_sums),
    .sum_i        (sums),
    .accumulator_o(accumulators)
  );

  // ---- requantisation, residual, table
  logic codes_valid;
  logic [ChunkBits-1:0] codes_chunk;
  logic [RequantisePixels*Lanes*8-1:0] codes;
  dw_post #(
    .Pixels(Pixels), .Lanes(Lanes), .MultiplierBits(MultiplierBits), .RequantisePixels(RequantisePixels),
    .ResidualPixels(ResidualPixels), .NarrowDsp(NarrowDsp), .Tables(Tables), .AxiBytes(AxiBytes)
  ) u_post (
    .clk_i,
    .rst_ni,
    .close_i              (close_q),
    .accumulator_i        (accumulators),
    .addend_i             (addend_closed),
    .parameter_i          (parameters),
    .residual_i           (post_q[1:0]),
    .table_i              (post_q[4:2]),
    .middle_zero_i        (post_q[12:5]),
    .middle_low_i         (post_q[20:13]),
    .middle_high_i        (post_q[28:21]),
    .residual_zero_i      (post_q[36:29]),
    .output_zero_i        (post_q[44:37]),
    .output_low_i         (post_q[52:45]),
    .output_high_i        (post_q[60:53]),
    .middle_multiplier_i  (post_q[61 +: MultiplierBits]),
    .residual_multiplier_i(post_q[61+MultiplierBits +: MultiplierBits]),
    .residual_shift_i     (post_q[61+2*MultiplierBits +: 6]),
    .table_write_valid_i,
    .table_write_address_i,
    .table_write_data_i,
    .valid_o              (codes_valid),
    .chunk_o              (codes_chunk),
    .codes_o              (codes)
  );

  // ---- write back
  dw_write_back #(
    .Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs), .RequantisePixels(RequantisePixels),
    .PositionDelay(Written - 2 - 4), .CloseDelay(Written - 2 - Closed)
  ) u_write_back (
    .clk_i, .rst_ni, .close_i(close_q), .address_i(write_address), .wrapped_i(write_wrapped), .next_i(write_next),
    .first_i(write_first), .set_i(write_set), .offset_i(write_offset), .slot_valid_i(write_valid),
    .slot_straddle_i(write_straddle), .slot_column_i(write_column), .valid_i(codes_valid), .chunk_i(codes_chunk),
    .codes_i(codes), .busy_o(write_busy), .set_o(port_set), .write_o(port_write), .address_o(port_address),
    .data_o(port_data), .bytes_o(port_bytes)
  );

  // ---- activity
  dw_activity #(.Count(MultiplierCount)) u_activity (
    .clk_i,
    .rst_ni,
    .clear_i,
    .valid_i (multiply),
    .kept_i  (kept),
    .active_o(active_multiplies_o),
    .gated_o (gated_multiplies_o)
  );

  logic unused;
  assign unused = ^{stage_q, position_offset, token_operands, token_sums};
endmodule
