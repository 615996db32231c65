// SPDX-License-Identifier: Apache-2.0
//
// P x M accumulators: the sum of the steps of a group, or their maximum (pooling: identity weights make a lane's sum its
// own channel, and steps of a slot in the padding take no part). Latency one cycle, one step a cycle.
module dw_accumulators #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned SumBits = 16
) (
  input  logic                            clk_i,
  input  logic                            valid_i,
  input  logic                            first_i,       // first step of a group
  input  logic                            maximum_i,
  input  logic [Pixels-1:0]               slot_valid_i,
  input  logic [Pixels*Lanes*SumBits-1:0] sum_i,
  output logic [Pixels*Lanes*32-1:0]      accumulator_o
);
  for (genvar p = 0; p < Pixels; p++) begin : gen_pixel
    for (genvar m = 0; m < Lanes; m++) begin : gen_lane
      logic signed [SumBits-1:0] sum;
      logic signed [31:0] acc_q, base;
      logic greater;
      assign sum = sum_i[(p*Lanes+m)*SumBits +: SumBits];
      assign base = !first_i ? acc_q : maximum_i ? -32'sd256 : '0;
      assign greater = $signed(sum[9:0]) > $signed(base[9:0]);
      always_ff @(posedge clk_i) begin
        if (valid_i) begin
          if (!maximum_i) acc_q <= base + 32'(sum);
          else acc_q <= slot_valid_i[p] && greater ? 32'(sum) : base;
        end
      end
      assign accumulator_o[(p*Lanes+m)*32 +: 32] = acc_q;
    end
  end
endmodule
