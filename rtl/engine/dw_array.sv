// SPDX-License-Identifier: Apache-2.0
//
// The P x M x N multipliers with their adder trees: for every pixel and lane the sum of N products.
//
// weight_i, the words and valid_i come together; sums 4 + log2(N) cycles later. A multiplication whose weight is below
// weight_threshold_i, or whose activation is marked pruned, is held. Products are rounded to multiples of
// 2^product_shift_i: half of it is added in the multiplier, the low bits are dropped where the tree takes them.
module dw_array #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned Bytes = 1,
  parameter int unsigned TapMaps = 1,
  parameter int unsigned MapBits = 1,
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0,
  localparam int unsigned Columns = (2 * HaloGroups + 1) * Pixels,
  localparam int unsigned SumBits = 16 + $clog2(Inputs)
) (
  input  logic                             clk_i,
  input  logic                             valid_i,
  input  logic                             window_i,
  input  logic                             blank_i,    // a 0 outside the map counts as pruned
  input  logic [MapBits-1:0]               map_i,
  input  logic [6:0]                       weight_threshold_i,
  input  logic [3:0]                       product_shift_i,    // 0..8
  input  logic                             alternate_i,        // ties at odd inputs go down
  input  logic [Lanes*Inputs*8-1:0]        weight_i,   // [lane][input]
  input  logic [Pixels*Inputs*10-1:0]      direct_i,
  input  logic [Columns*Rows*Bytes*10-1:0] columns_i,  // [column][row][channel]
  output logic [Pixels*Lanes*SumBits-1:0]  sum_o,      // [pixel][lane]
  output logic [Lanes*Pixels*Inputs-1:0]   kept_o      // multiplications that moved, one cycle after valid_i
);
  localparam int unsigned SelectBits = $clog2(TapMaps + 1);
  logic [SelectBits-1:0] select;
  assign select = window_i ? SelectBits'(map_i) : '1;

  // What rounds goes along with the products: to be added 3 cycles after the operands, the bits that stay one later.
  logic [4:0] rounding_1q, rounding_2q;                // alternate, shift
  logic [7:0] dropped, dropped_3q, even_3q, odd_3q, mask_4q;
  always_ff @(posedge clk_i) begin
    rounding_1q <= {alternate_i, product_shift_i};
    rounding_2q <= rounding_1q;
    dropped_3q <= dropped;
    even_3q <= dropped ^ (dropped >> 1);
    odd_3q <= rounding_2q[4] ? dropped >> 1 : dropped ^ (dropped >> 1);
    mask_4q <= ~dropped_3q;
  end
  for (genvar b = 0; b < 8; b++) begin : gen_dropped
    assign dropped[b] = rounding_2q[3:0] > 4'(b);
  end

  for (genvar m = 0; m < Lanes; m++) begin : gen_lane
    logic [Pixels*Inputs*10-1:0] operand;
    logic [Columns*Rows*10-1:0] own;
    for (genvar k = 0; k < Columns * Rows; k++) begin : gen_own
      assign own[k*10 +: 10] = columns_i[(k*Bytes+m)*10 +: 10];
    end
    dw_operand_router #(
      .Pixels(Pixels), .Inputs(Inputs), .HaloGroups(HaloGroups), .Rows(Rows), .Bytes(Bytes), .TapMaps(TapMaps),
      .Taps(Taps)
    ) u_router (
      .select_i (select),
      .blank_i,
      .direct_i,
      .own_i    (own),
      .shared_i (columns_i),
      .operand_o(operand)
    );

    logic [Pixels*Inputs*16-1:0] products;
    logic [Pixels*Inputs-1:0] moved, kept;
    for (genvar n = 0; n < Inputs; n++) begin : gen_input
      logic signed [7:0] weight;
      logic [6:0] size;       // |weight|, of a negative weight one less
      logic [7:0] cancel;     // all set where weight + threshold is 0 modulo 256, without the carries of a sum
      logic wanted;
      logic [7:0] round;
      logic [Pixels-1:0] keep;
      assign round = n % 2 == 1 ? odd_3q : even_3q;
      assign weight = weight_i[(m*Inputs+n)*8 +: 8];
      assign size = weight[6:0] ^ {7{weight[7]}};
      assign cancel = ~(weight ^ {1'b0, weight_threshold_i} ^ {weight[6:0] | weight_threshold_i, 1'b0});
      assign wanted = valid_i && (size >= weight_threshold_i || (weight[7] && cancel == '1));
      for (genvar p = 0; p < Pixels; p++) begin : gen_keep
        assign keep[p] = wanted && !operand[(p*Inputs+n)*10 + 9];
      end
      if (Pixels == 1) begin : gen_single
        dw_multiply u_multiply (
          .clk_i,
          .weight_i (weight),
          .keep_i   (keep[0]),
          .x_i      (operand[n*10 +: 9]),
          .round_i  ({8'd0, round}),
          .product_o(products[n*16 +: 16]),
          .keep_o   (kept[n]),
          .moved_o  (moved[n])
        );
      end else begin : gen_pairs
        for (genvar p = 0; p < Pixels; p += 2) begin : gen_pair
          dw_multiply_pair u_multiply (
            .clk_i,
            .weight_i  (weight),
            .keep0_i   (keep[p]),
            .keep1_i   (keep[p+1]),
            .either_i  (wanted && !(operand[(p*Inputs+n)*10 + 9] && operand[((p+1)*Inputs+n)*10 + 9])),
            .x0_i      (operand[(p*Inputs+n)*10 +: 9]),
            .x1_i      (operand[((p+1)*Inputs+n)*10 +: 9]),
            .addend_i  ({9'd0, round, 8'h80, round}),
            .product0_o(products[(p*Inputs+n)*16 +: 16]),
            .product1_o(products[((p+1)*Inputs+n)*16 +: 16]),
            .keep0_o   (kept[p*Inputs+n]),
            .keep1_o   (kept[(p+1)*Inputs+n]),
            .moved_o   ({moved[(p+1)*Inputs+n], moved[p*Inputs+n]})
          );
        end
      end
    end
    assign kept_o[m*Pixels*Inputs +: Pixels*Inputs] = moved;

    for (genvar p = 0; p < Pixels; p++) begin : gen_tree
      dw_adder_tree #(.Inputs(Inputs), .Width(16), .Gated(1'b1), .Offset(dw_pkg::TREE_OFFSET), .Masked(8)) u_tree (
        .clk_i,
        .terms_i(products[p*Inputs*16 +: Inputs*16]),
        .keep_i (kept[p*Inputs +: Inputs]),
        .mask_i (mask_4q),
        .sum_o  (sum_o[(p*Lanes+m)*SumBits +: SumBits])
      );
    end
  end
endmodule
