// SPDX-License-Identifier: Apache-2.0
//
// Register slice: cuts the paths of valid, ready and data of a stream.
//
// Latency: one cycle. Throughput: one word a cycle. Holds two words; ready_o falls the cycle after the output stalled.
module dw_slice #(
  parameter int unsigned Width = 0 // bits, at least 1
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             valid_i,
  output logic             ready_o,
  input  logic [Width-1:0] data_i,

  output logic             valid_o,
  input  logic             ready_i,
  output logic [Width-1:0] data_o
);
  logic             valid_q, spare_valid_q;
  logic [Width-1:0] data_q, spare_q;

  assign ready_o = ~spare_valid_q;
  assign valid_o = valid_q;
  assign data_o  = data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q       <= 1'b0;
      spare_valid_q <= 1'b0;
    end else if (ready_i || !valid_q) begin
      valid_q       <= spare_valid_q | valid_i;
      spare_valid_q <= 1'b0;
    end else if (valid_i && ready_o) begin
      spare_valid_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (ready_i || !valid_q) data_q <= spare_valid_q ? spare_q : data_i;
    if (ready_o) spare_q <= data_i;
  end

`ifndef SYNTHESIS
  // A word that is offered stays until it is taken.
  logic             held_q;
  logic [Width-1:0] offered_q;
  always_ff @(posedge clk_i) begin
    held_q    <= rst_ni & valid_o & ~ready_i;
    offered_q <= data_o;
    if (rst_ni && held_q) assert (valid_o && data_o == offered_q);
    if (rst_ni) assert (valid_q || !spare_valid_q);
  end
`endif
endmodule
