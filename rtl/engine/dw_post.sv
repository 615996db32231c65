// SPDX-License-Identifier: Apache-2.0
//
// From accumulators to codes: a finished group is requantised RequantisePixels pixels a cycle, goes through the residual
// and the activation table.
//
// close_i marks the cycle (0) in which accumulator_i, addend_i and the parameter word hold a finished group; the
// parameter word and stage_* (see below) stay for the Pixels / RequantisePixels cycles that it takes. Of the residual there
// are fewer units where ResidualPixels is below RequantisePixels: Turns = RequantisePixels / ResidualPixels cycles pass
// before the next group with a residual. codes_o of the group's slots k * RequantisePixels and on come in cycle
// 25 + Turns + k, with valid_o. No stalls.
//
// A register of data moves in the cycles in which something to keep arrives: those of the units and tables by valids, those
// of the residual by actives. What travels in shift registers (numbers of the stage, codes that wait for the residual) moves
// always.
module dw_post #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned MultiplierBits = 16,
  parameter int unsigned RequantisePixels = 0,
  parameter int unsigned ResidualPixels = 0,
  parameter bit          NarrowDsp = 1'b0,    // products of 8 and 9 bits take DSP slices
  parameter bit          Tables = 1'b1,
  parameter int unsigned AxiBytes = 0,
  localparam int unsigned ParameterBits = Lanes * (MultiplierBits == 16 ? 64 : 128),
  localparam int unsigned Units = RequantisePixels * Lanes,
  localparam int unsigned ResidualUnits = ResidualPixels * Lanes,
  localparam int unsigned Turns = RequantisePixels / ResidualPixels,
  localparam int unsigned Latency = 25 + Turns,
  localparam int unsigned Chunks = Pixels / RequantisePixels,
  localparam int unsigned ChunkBits = Chunks == 1 ? 1 : $clog2(Chunks)
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic                       close_i,
  input  logic [Pixels*Lanes*32-1:0] accumulator_i,
  input  logic [Pixels*Lanes*8-1:0]  addend_i,
  input  logic [ParameterBits-1:0]   parameter_i,
  // One cycle after close_i, for as many cycles.
  input  logic [1:0]                 residual_i,
  input  logic [2:0]                 table_i,
  input  logic [7:0]                 middle_zero_i,
  input  logic [7:0]                 middle_low_i,
  input  logic [7:0]                 middle_high_i,
  input  logic [7:0]                 residual_zero_i,
  input  logic [7:0]                 output_zero_i,
  input  logic [7:0]                 output_low_i,
  input  logic [7:0]                 output_high_i,
  input  logic [MultiplierBits-1:0]  middle_multiplier_i,
  input  logic [MultiplierBits-1:0]  residual_multiplier_i,
  input  logic [5:0]                 residual_shift_i,
  input  logic                       table_write_valid_i,
  input  logic [9:0]                 table_write_address_i,
  input  logic [AxiBytes*8-1:0]      table_write_data_i,
  output logic                       valid_o,
  output logic [ChunkBits-1:0]       chunk_o,
  output logic [Units*8-1:0]         codes_o       // [pixel of the chunk][lane]
);
  // ---- chunks of a group
  logic [Units*32-1:0] accumulator;
  logic [Units*8-1:0] addend;
  logic valid;
  logic [ChunkBits-1:0] chunk;
  if (Chunks == 1) begin : gen_whole
    assign accumulator = accumulator_i;
    assign addend = addend_i;
    assign valid = close_i;
    assign chunk = '0;
  end else begin : gen_chunks
    logic [(Pixels-RequantisePixels)*Lanes*32-1:0] accumulator_q;
    logic [(Pixels-RequantisePixels)*Lanes*8-1:0] addend_q;
    logic [ChunkBits-1:0] chunk_q;
    assign accumulator = close_i ? accumulator_i[Units*32-1:0] : accumulator_q[Units*32-1:0];
    assign addend = close_i ? addend_i[Units*8-1:0] : addend_q[Units*8-1:0];
    assign valid = close_i || chunk_q != '0;
    assign chunk = close_i ? '0 : chunk_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) chunk_q <= '0;
      else if (close_i) chunk_q <= ChunkBits'(1);
      else if (chunk_q != '0) chunk_q <= chunk_q + ChunkBits'(1);
      if (close_i) begin
        accumulator_q <= accumulator_i[Pixels*Lanes*32-1:Units*32];
        addend_q <= addend_i[Pixels*Lanes*8-1:Units*8];
      end else if (valid) begin
        accumulator_q <= accumulator_q >> (Units * 32);
        addend_q <= addend_q >> (Units * 8);
      end
    end
  end

  // valids[k]: a chunk's values are in cycle k.
  logic [Latency-1:0] valid_q;
  logic [Latency:0] valids;
  assign valids = {valid_q, valid};
  assign valid_o = valids[Latency];
  always_ff @(posedge clk_i) valid_q <= rst_ni ? valids[Latency-1:0] : '0;
  dw_delay #(.Width(ChunkBits), .Depth(Latency)) u_chunk (.clk_i, .rst_ni, .data_i(chunk), .data_o(chunk_o));

  // ---- requantisation; the digit is the cycle
  logic [7:0] middle_zero_9, middle_low_10, middle_high_10;
  dw_delay #(.Width(8), .Depth(8)) u_middle_zero (.clk_i, .rst_ni, .data_i(middle_zero_i), .data_o(middle_zero_9));
  dw_delay #(.Width(16), .Depth(9)) u_middle_limits (
    .clk_i, .rst_ni, .data_i({middle_high_i, middle_low_i}), .data_o({middle_high_10, middle_low_10})
  );

  localparam int unsigned ChannelBits = ParameterBits / Lanes;
  logic [Units*8-1:0] code_11;
  for (genvar q = 0; q < RequantisePixels; q++) begin : gen_pixel
    for (genvar m = 0; m < Lanes; m++) begin : gen_lane
      localparam int unsigned Unit = q * Lanes + m;
      dw_requantise #(.MultiplierBits(MultiplierBits), .UpperDsp(NarrowDsp)) u_requantise (
        .clk_i,
        .enable_i     (valids[10:0]),
        .accumulator_i(accumulator[Unit*32 +: 32]),
        .bias_i       (parameter_i[m*ChannelBits +: 32]),
        .multiplier_i (parameter_i[m*ChannelBits+32 +: MultiplierBits]),
        .shift_i      (parameter_i[m*ChannelBits+32+MultiplierBits +: 6]),
        .zero_i       (middle_zero_9),
        .low_i        (middle_low_10),
        .high_i       (middle_high_10),
        .code_o       (code_11[Unit*8 +: 8])
      );
    end
  end

  // ---- residual: pixels that were requantised together pass its units one turn after another
  logic residual, multiply, enter_1, residual_late;
  assign residual = residual_i != '0;
  assign multiply = residual_i == 2'd2;
  assign enter_1 = valids[1] && residual;
  // enters[k]: the first turn of a chunk is in cycle k. actives[k]: a turn is in the residual's cycle k, its addend's being 0.
  localparam int unsigned Enters = Turns > 6 ? Turns + 5 : 11;
  localparam int unsigned ResidualLatency = 17;
  logic [Enters-2:0] enter_q;
  logic [Enters:1] enters;
  logic [ResidualLatency-1:0] active_q;
  logic [ResidualLatency:0] actives;
  assign enters = {enter_q, enter_1};
  assign actives = {active_q, |enters[6 +: Turns]};
  always_ff @(posedge clk_i) begin
    enter_q <= rst_ni ? enters[Enters-1:1] : '0;
    active_q <= rst_ni ? actives[ResidualLatency-1:0] : '0;
  end
  dw_delay #(.Width(1), .Depth(21 + Turns)) u_residual_late (
    .clk_i, .rst_ni, .data_i(residual), .data_o(residual_late)
  );

  logic [Units*8-1:0] addend_6, plain_late, summed_late, code_late;
  logic [ResidualUnits*8-1:0] turn_addend, turn_code, turn_sum;
  dw_delay #(.Width(Units * 8), .Depth(6)) u_addend (.clk_i, .rst_ni, .data_i(addend), .data_o(addend_6));
  dw_delay #(.Width(Units * 8), .Depth(11 + Turns)) u_plain (.clk_i, .rst_ni, .data_i(code_11), .data_o(plain_late));
  if (Turns == 1) begin : gen_at_once
    assign turn_addend = addend_6;
    assign turn_code = code_11;
    assign summed_late = turn_sum;
  end else begin : gen_turns
    logic [Units*8-1:ResidualUnits*8] addends_q, codes_q, sums_q;
    assign turn_addend = enters[6] ? addend_6[ResidualUnits*8-1:0] : addends_q[ResidualUnits*8 +: ResidualUnits*8];
    assign turn_code = enters[11] ? code_11[ResidualUnits*8-1:0] : codes_q[ResidualUnits*8 +: ResidualUnits*8];
    assign summed_late = {turn_sum, sums_q};
    always_ff @(posedge clk_i) begin
      if (actives[0]) addends_q <= enters[6] ? addend_6[Units*8-1:ResidualUnits*8] : addends_q >> (ResidualUnits * 8);
      if (actives[5]) codes_q <= enters[11] ? code_11[Units*8-1:ResidualUnits*8] : codes_q >> (ResidualUnits * 8);
      if (actives[17]) sums_q <= summed_late[Units*8-1:ResidualUnits*8];
    end
  end
  always_ff @(posedge clk_i) if (valids[22+Turns]) code_late <= residual_late ? summed_late : plain_late;

  // The stage's numbers, kept for all turns of a group; the digit is the cycle of the first.
  logic [7:0] residual_zero_2q, middle_zero_2q, output_zero_2q, output_low_2q, output_high_2q;
  logic [MultiplierBits-1:0] addend_factor_2q, middle_multiplier_2q;
  logic [5:0] residual_shift_2q;
  logic multiply_2q;
  always_ff @(posedge clk_i) begin
    if (enter_1) begin
      residual_zero_2q <= residual_zero_i;
      addend_factor_2q <= multiply ? middle_multiplier_i : residual_multiplier_i;
      middle_zero_2q <= middle_zero_i;
      multiply_2q <= multiply;
      middle_multiplier_2q <= middle_multiplier_i;
      residual_shift_2q <= residual_shift_i;
      output_zero_2q <= output_zero_i;
      output_low_2q <= output_low_i;
      output_high_2q <= output_high_i;
    end
  end

  logic [7:0] residual_zero_6, middle_zero_11, output_zero_21, output_low_22, output_high_22;
  logic [MultiplierBits-1:0] addend_factor_7, middle_multiplier_11;
  logic [5:0] residual_shift_17;
  logic multiply_11;
  dw_delay #(.Width(8), .Depth(4)) u_residual_zero (
    .clk_i, .rst_ni, .data_i(residual_zero_2q), .data_o(residual_zero_6)
  );
  dw_delay #(.Width(MultiplierBits), .Depth(5)) u_addend_factor (
    .clk_i, .rst_ni, .data_i(addend_factor_2q), .data_o(addend_factor_7)
  );
  dw_delay #(.Width(MultiplierBits + 9), .Depth(9)) u_middle (
    .clk_i, .rst_ni, .data_i({multiply_2q, middle_zero_2q, middle_multiplier_2q}),
    .data_o({multiply_11, middle_zero_11, middle_multiplier_11})
  );
  dw_delay #(.Width(6), .Depth(15)) u_shift (.clk_i, .rst_ni, .data_i(residual_shift_2q), .data_o(residual_shift_17));
  dw_delay #(.Width(8), .Depth(19)) u_output_zero (
    .clk_i, .rst_ni, .data_i(output_zero_2q), .data_o(output_zero_21)
  );
  dw_delay #(.Width(16), .Depth(20)) u_output_limits (
    .clk_i, .rst_ni, .data_i({output_high_2q, output_low_2q}), .data_o({output_high_22, output_low_22})
  );
  for (genvar unit = 0; unit < ResidualUnits; unit++) begin : gen_residual
    dw_residual #(.MultiplierBits(MultiplierBits), .Dsp(NarrowDsp)) u_residual (
      .clk_i,
      .enable_i           (actives[16:0]),
      .addend_i           (turn_addend[unit*8 +: 8]),
      .residual_zero_i    (residual_zero_6),
      .addend_factor_i    (addend_factor_7),
      .code_i             (turn_code[unit*8 +: 8]),
      .middle_zero_i      (middle_zero_11),
      .multiply_i         (multiply_11),
      .middle_multiplier_i(middle_multiplier_11),
      .shift_i            (residual_shift_17),
      .output_zero_i      (output_zero_21),
      .output_low_i       (output_low_22),
      .output_high_i      (output_high_22),
      .code_o             (turn_sum[unit*8 +: 8])
    );
  end

  // ---- table
  logic [2:0] table_late;
  dw_delay #(.Width(3), .Depth(22 + Turns)) u_table (.clk_i, .rst_ni, .data_i(table_i), .data_o(table_late));

  if (Tables) begin : gen_tables
    dw_tables #(.Lookups(Units), .AxiBytes(AxiBytes)) u_tables (
      .clk_i,
      .rst_ni,
      .write_valid_i  (table_write_valid_i),
      .write_address_i(table_write_address_i),
      .write_data_i   (table_write_data_i),
      .enable_i       (valids[23+Turns +: 2]),
      .table_i        (table_late),
      .code_i         (code_late),
      .code_o         (codes_o)
    );
  end else begin : gen_no_tables
    logic unused;
    assign unused = ^{table_late, table_write_valid_i, table_write_address_i, table_write_data_i};
    logic [Units*8-1:0] code_q;
    always_ff @(posedge clk_i) begin
      if (valids[23+Turns]) code_q <= code_late;
      if (valids[24+Turns]) codes_o <= code_q;
    end
  end

  logic unused;
  assign unused = ^{parameter_i, enters, actives};
endmodule
