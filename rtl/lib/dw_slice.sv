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
`ifdef FORMAL
  // The words inside are those taken and not yet handed on, in order.
  logic [1:0]       count_q;
  logic [Width-1:0] first_q, second_q;
  logic             push, pop;
  assign push = valid_i & ready_o;
  assign pop  = valid_o & ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    else count_q <= count_q + {1'b0, push} - {1'b0, pop};
    if (push && count_q == {1'b0, pop}) first_q <= data_i;
    else if (pop) first_q <= second_q;
    if (push) second_q <= data_i;
    if (rst_ni) begin
      assert (count_q == {1'b0, valid_q} + {1'b0, spare_valid_q});
      if (valid_q) assert (data_q == first_q);
      if (spare_valid_q) assert (spare_q == second_q);
    end
  end
`endif
endmodule
