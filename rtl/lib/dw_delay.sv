// SPDX-License-Identifier: Apache-2.0
//
// Delays a bundle of signals by Depth cycles. Data carry no reset, so that shift-register primitives serve; give
// Reset = 1 for valid bits. Depth 0 is a wire.
module dw_delay #(
  parameter int unsigned Width = 1,
  parameter int unsigned Depth = 1,
  parameter bit          Reset = 1'b0
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  output logic [Width-1:0] data_o
);
  if (Depth == 0) begin : gen_wire
    logic unused;
    assign unused = clk_i ^ rst_ni;
    assign data_o = data_i;
  end else begin : gen_delay
    logic [Depth*Width-1:0] stages_q, stages_d;
    if (Depth == 1) begin : gen_one
      assign stages_d = data_i;
    end else begin : gen_more
      assign stages_d = {stages_q[(Depth-1)*Width-1:0], data_i};
    end
    if (Reset) begin : gen_reset
      always_ff @(posedge clk_i) begin
        if (!rst_ni) stages_q <= '0;
        else stages_q <= stages_d;
      end
    end else begin : gen_plain
      logic unused;
      assign unused = rst_ni;
      always_ff @(posedge clk_i) stages_q <= stages_d;
    end
    assign data_o = stages_q[Depth*Width-1 -: Width];
  end
endmodule
