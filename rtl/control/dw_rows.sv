// SPDX-License-Identifier: Apache-2.0
//
// Walks over the words of activation rows: (set, address) of one P x N byte word after the other.
//
// A row is pitch_i words; the next row lies in the next row set, after the last set in the next slot of the ring, which
// wraps from end_i to base_i. init_i loads the first row; words can be taken from the second cycle after it, one a
// cycle. With linear_i the address only counts up by stride_i (other memories than the activation banks).
// error_o: a word beyond the memory was taken in the cycle before.
module dw_rows #(
  parameter int unsigned Depth = 0 // words of a row set
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        init_i,
  input  logic        linear_i,
  input  logic [15:0] stride_i,
  input  logic [15:0] address_i,
  input  logic [1:0]  set_i,
  input  logic [13:0] pitch_i,
  input  logic [15:0] base_i,
  input  logic [15:0] end_i,

  input  logic        next_i,
  output logic [1:0]  set_o,
  output logic [15:0] address_o,
  output logic        error_o
);
  logic [16:0] address_q;
  logic [15:0] row_q, next_row_q, base_q, end_q, stride_q;
  logic [13:0] pitch_q, left_q;
  logic [1:0]  set_q;
  logic        linear_q, error_q;
  logic        row_ends;
  logic [15:0] after;

  assign set_o     = set_q;
  assign address_o = address_q[15:0];
  assign error_o   = error_q;
  assign row_ends  = ~linear_q & (left_q == 14'd1);
  assign after     = row_q + {2'b0, pitch_q};

  always_ff @(posedge clk_i) begin
    next_row_q <= after == end_q ? base_q : after;
    if (init_i) begin
      linear_q  <= linear_i;
      stride_q  <= stride_i;
      address_q <= {1'b0, address_i};
      row_q     <= address_i;
      set_q     <= set_i;
      pitch_q   <= pitch_i;
      left_q    <= pitch_i;
      base_q    <= base_i;
      end_q     <= end_i;
    end else if (next_i) begin
      if (row_ends) begin
        set_q     <= set_q + 2'd1;
        left_q    <= pitch_q;
        address_q <= {1'b0, set_q == 2'd3 ? next_row_q : row_q};
        if (set_q == 2'd3) row_q <= next_row_q;
      end else begin
        left_q    <= left_q - 14'd1;
        address_q <= address_q + {1'b0, stride_q};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || init_i) error_q <= 1'b0;
    else error_q <= next_i & ~linear_q & (address_q >= 17'(Depth));
  end
endmodule
