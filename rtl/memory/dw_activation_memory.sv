// SPDX-License-Identifier: Apache-2.0
//
// The activation memory: 4 row sets x P columns of banks, each one read and one write port of N bytes.
//
// Reads: the engine has priority, set by set; the store unit may read a set that the engine does not read. Engine words
// are at read_data_o two cycles after the addresses, store words at store_data_o likewise.
// Writes: the engine writes up to two rows at once, the load unit a whole group of P columns where the engine writes
// nothing.
module dw_activation_memory #(
  parameter int unsigned Pixels = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned Depth = 0,
  parameter int unsigned SegmentDepth = 0,
  localparam int unsigned Sets = dw_pkg::ROW_SETS,
  localparam int unsigned WordBits = Inputs * 8
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  // Engine.
  input  logic [Sets-1:0]                 read_i,
  input  logic [Sets*Pixels*16-1:0]       read_address_i,
  output logic [Sets*Pixels*WordBits-1:0] read_data_o,
  input  logic                            write_busy_i,
  input  logic [1:0]                      write_set_i,           // row set of the first row
  input  logic [2*Pixels-1:0]             write_i,               // [row][column]
  input  logic [2*Pixels*16-1:0]          write_address_i,
  input  logic [2*Pixels*WordBits-1:0]    write_data_i,
  input  logic [Inputs-1:0]               write_bytes_i,
  // Store unit.
  input  logic                            store_request_i,
  input  logic [1:0]                      store_set_i,
  input  logic [15:0]                     store_address_i,
  output logic                            store_valid_o,
  output logic [Pixels*WordBits-1:0]      store_data_o,
  // Load unit.
  input  logic                            load_valid_i,
  input  logic [1:0]                      load_set_i,
  input  logic [15:0]                     load_address_i,
  input  logic [Pixels*WordBits-1:0]      load_data_i
);
  logic load;
  logic [1:0] store_valid_q, store_set_q, store_set_qq;

  assign load = load_valid_i && !write_busy_i;

  for (genvar s = 0; s < Sets; s++) begin : gen_set
    logic first, second;
    assign first = write_set_i == 2'(s);
    assign second = write_set_i + 2'd1 == 2'(s);
    for (genvar c = 0; c < Pixels; c++) begin : gen_column
      logic [Inputs-1:0] write;
      logic [15:0] read_address, write_address;
      logic [WordBits-1:0] write_data;
      always_comb begin
        read_address = read_i[s] ? read_address_i[(s*Pixels+c)*16 +: 16] : store_address_i;
        if (write_busy_i) begin
          write = (first && write_i[c]) || (second && write_i[Pixels+c]) ? write_bytes_i : '0;
          write_address = first ? write_address_i[c*16 +: 16] : write_address_i[(Pixels+c)*16 +: 16];
          write_data = first ? write_data_i[c*WordBits +: WordBits] : write_data_i[(Pixels+c)*WordBits +: WordBits];
        end else begin
          write = load && load_set_i == 2'(s) ? '1 : '0;
          write_address = load_address_i;
          write_data = load_data_i[c*WordBits +: WordBits];
        end
      end
      dw_ram #(.Width(WordBits), .Depth(Depth), .SegmentDepth(SegmentDepth), .Parts(Inputs)) u_bank (
        .clk_i,
        .read_i         (read_i[s] || (store_request_i && store_set_i == 2'(s))),
        .read_address_i (read_address),
        .read_data_o    (read_data_o[(s*Pixels+c)*WordBits +: WordBits]),
        .write_i        (write),
        .write_address_i(write_address),
        .write_data_i   (write_data)
      );
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) store_valid_q <= '0;
    else store_valid_q <= {store_valid_q[0], store_request_i};
    store_set_q <= store_set_i;
    store_set_qq <= store_set_q;
  end
  assign store_valid_o = store_valid_q[1];
  assign store_data_o = read_data_o[32'(store_set_qq)*Pixels*WordBits +: Pixels*WordBits];

`ifndef YOSYS
  assert property (@(posedge clk_i) !rst_ni || !(store_request_i && read_i[store_set_i]))
    else $error("the store unit read a row set that the engine reads");
`endif
endmodule
