// SPDX-License-Identifier: Apache-2.0
//
// From accumulators to codes: a finished group is requantised RequantisePixels pixels a cycle, goes through the residual
// and the activation table.
//
// close_i marks the cycle (0) in which accumulator_i, addend_i and the parameter word hold a finished group; the
// parameter word and stage_* (see below) stay for the Pixels / RequantisePixels cycles that it takes. codes_o of the
// group's slots k * RequantisePixels and on come in cycle 26 + k, with valid_o. No stalls.
module dw_post #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned MultiplierBits = 16,
  parameter int unsigned RequantisePixels = 0,
  parameter bit          Tables = 1'b1,
  parameter int unsigned AxiBytes = 0,
  localparam int unsigned ParameterBits = Lanes * (MultiplierBits == 16 ? 64 : 128),
  localparam int unsigned Units = RequantisePixels * Lanes,
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
      end else begin
        accumulator_q <= accumulator_q >> (Units * 32);
        addend_q <= addend_q >> (Units * 8);
      end
    end
  end

  dw_delay #(.Width(1), .Depth(26), .Reset(1'b1)) u_valid (.clk_i, .rst_ni, .data_i(valid), .data_o(valid_o));
  dw_delay #(.Width(ChunkBits), .Depth(26)) u_chunk (.clk_i, .rst_ni, .data_i(chunk), .data_o(chunk_o));

  // ---- the stage's numbers where they are needed; the digit is the cycle
  logic [7:0] middle_zero_9, middle_zero_11, middle_low_10, middle_high_10, residual_zero_6, output_zero_21;
  logic [7:0] output_low_22, output_high_22;
  logic [MultiplierBits-1:0] addend_factor_7, middle_multiplier_11;
  logic [5:0] residual_shift_17;
  logic multiply_11, multiply, residual_23;
  logic [2:0] table_24;
  assign multiply = residual_i == 2'd2;
  dw_delay #(.Width(8), .Depth(8)) u_d0 (.clk_i, .rst_ni, .data_i(middle_zero_i), .data_o(middle_zero_9));
  dw_delay #(.Width(16), .Depth(9)) u_d1 (
    .clk_i, .rst_ni, .data_i({middle_high_i, middle_low_i}), .data_o({middle_high_10, middle_low_10})
  );
  dw_delay #(.Width(8), .Depth(2)) u_d2 (.clk_i, .rst_ni, .data_i(middle_zero_9), .data_o(middle_zero_11));
  dw_delay #(.Width(8), .Depth(5)) u_d3 (.clk_i, .rst_ni, .data_i(residual_zero_i), .data_o(residual_zero_6));
  dw_delay #(.Width(MultiplierBits), .Depth(6)) u_d4 (
    .clk_i, .rst_ni, .data_i(multiply ? middle_multiplier_i : residual_multiplier_i), .data_o(addend_factor_7)
  );
  dw_delay #(.Width(MultiplierBits + 1), .Depth(10)) u_d5 (
    .clk_i, .rst_ni, .data_i({multiply, middle_multiplier_i}), .data_o({multiply_11, middle_multiplier_11})
  );
  dw_delay #(.Width(6), .Depth(16)) u_d6 (.clk_i, .rst_ni, .data_i(residual_shift_i), .data_o(residual_shift_17));
  dw_delay #(.Width(8), .Depth(20)) u_d7 (.clk_i, .rst_ni, .data_i(output_zero_i), .data_o(output_zero_21));
  dw_delay #(.Width(16), .Depth(21)) u_d8 (
    .clk_i, .rst_ni, .data_i({output_high_i, output_low_i}), .data_o({output_high_22, output_low_22})
  );
  dw_delay #(.Width(1), .Depth(22)) u_d9 (.clk_i, .rst_ni, .data_i(residual_i != '0), .data_o(residual_23));
  dw_delay #(.Width(3), .Depth(23)) u_d10 (.clk_i, .rst_ni, .data_i(table_i), .data_o(table_24));

  // ---- lanes
  logic [Units*8-1:0] addend_6, code_11, code_24;
  dw_delay #(.Width(Units * 8), .Depth(6)) u_addend (.clk_i, .rst_ni, .data_i(addend), .data_o(addend_6));

  localparam int unsigned ChannelBits = ParameterBits / Lanes;
  for (genvar q = 0; q < RequantisePixels; q++) begin : gen_pixel
    for (genvar m = 0; m < Lanes; m++) begin : gen_lane
      localparam int unsigned Unit = q * Lanes + m;
      dw_requantise #(.MultiplierBits(MultiplierBits)) u_requantise (
        .clk_i,
        .accumulator_i(accumulator[Unit*32 +: 32]),
        .bias_i       (parameter_i[m*ChannelBits +: 32]),
        .multiplier_i (parameter_i[m*ChannelBits+32 +: MultiplierBits]),
        .shift_i      (parameter_i[m*ChannelBits+32+MultiplierBits +: 6]),
        .zero_i       (middle_zero_9),
        .low_i        (middle_low_10),
        .high_i       (middle_high_10),
        .code_o       (code_11[Unit*8 +: 8])
      );
      dw_residual #(.MultiplierBits(MultiplierBits)) u_residual (
        .clk_i,
        .addend_i           (addend_6[Unit*8 +: 8]),
        .residual_zero_i    (residual_zero_6),
        .addend_factor_i    (addend_factor_7),
        .code_i             (code_11[Unit*8 +: 8]),
        .middle_zero_i      (middle_zero_11),
        .multiply_i         (multiply_11),
        .middle_multiplier_i(middle_multiplier_11),
        .shift_i            (residual_shift_17),
        .output_zero_i      (output_zero_21),
        .output_low_i       (output_low_22),
        .output_high_i      (output_high_22),
        .residual_i         (residual_23),
        .code_o             (code_24[Unit*8 +: 8])
      );
    end
  end

  if (Tables) begin : gen_tables
    dw_tables #(.Lookups(Units), .AxiBytes(AxiBytes)) u_tables (
      .clk_i,
      .rst_ni,
      .write_valid_i  (table_write_valid_i),
      .write_address_i(table_write_address_i),
      .write_data_i   (table_write_data_i),
      .table_i        (table_24),
      .code_i         (code_24),
      .code_o         (codes_o)
    );
  end else begin : gen_no_tables
    logic unused;
    assign unused = ^{table_24, table_write_valid_i, table_write_address_i, table_write_data_i};
    dw_delay #(.Width(Units * 8), .Depth(2)) u_codes (.clk_i, .rst_ni, .data_i(code_24), .data_o(codes_o));
  end

  logic unused;
  assign unused = ^{parameter_i};
endmodule
