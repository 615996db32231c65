// SPDX-License-Identifier: Apache-2.0
//
// Activation tables: 4 tables of 256 codes, a copy for each of Lookups codes looked up at once.
//
// Writes come as whole AXI beats, at most 16 of them one after the other; beats wider than a copy's word, of 16 codes,
// wait in a small queue and are written in pieces, long before a COMPUTE that waits for the load can look anything up.
// Narrower ones fill a part of a word.
// Latency: two cycles from code_i and table_i to code_o; table_i 0 passes the code on. No stalls. enable_i[k]: the codes of
// this cycle came k cycles ago. A code is registered before its copy is read, so that a copy costs 8 registers and not a
// word.
module dw_tables #(
  parameter int unsigned Lookups = 1,
  parameter int unsigned AxiBytes = 0
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   write_valid_i,
  input  logic [9:0]             write_address_i,
  input  logic [AxiBytes*8-1:0]  write_data_i,
  input  logic [1:0]             enable_i,
  input  logic [2:0]             table_i,
  input  logic [Lookups*8-1:0]   code_i,
  output logic [Lookups*8-1:0]   code_o
);
  localparam int unsigned Bytes = 16;
  localparam int unsigned ByteBits = $clog2(Bytes);
  localparam int unsigned Words = dw_pkg::TABLES * dw_pkg::TABLE_BYTES / Bytes;
  localparam int unsigned WordIndexBits = $clog2(Words);
  localparam int unsigned Parts = AxiBytes < Bytes ? Bytes / AxiBytes : 1;
  localparam int unsigned PartBytes = Bytes / Parts;
  localparam int unsigned PartBits = $clog2(PartBytes);

  logic [Parts-1:0] write;
  logic [WordIndexBits-1:0] write_word;
  logic [PartBytes*8-1:0] write_data;

  if (AxiBytes <= Bytes) begin : gen_direct
    logic unused;
    assign unused = rst_ni ^ (^write_address_i);
    for (genvar part = 0; part < Parts; part++) begin : gen_enable
      assign write[part] = write_valid_i && (Parts == 1 || 32'(write_address_i[ByteBits-1:0]) >> PartBits == part);
    end
    assign write_word = write_address_i[9 -: WordIndexBits];
    assign write_data = write_data_i;
  end else begin : gen_queue
    localparam int unsigned Pieces = AxiBytes / Bytes;
    localparam int unsigned PieceBits = $clog2(Pieces);
    localparam int unsigned QueueDepth = 16;
    logic valid, ready, pop;
    logic [9:0] address;
    logic [AxiBytes*8-1:0] data;
    logic [PieceBits-1:0] piece_q;
    dw_fifo #(.Width(AxiBytes * 8 + 10), .Depth(QueueDepth)) u_queue (
      .clk_i, .rst_ni, .clear_i(1'b0),
      .valid_i(write_valid_i), .ready_o(ready), .data_i({write_address_i, write_data_i}),
      .valid_o(valid), .ready_i(pop), .data_o({address, data})
    );
    assign pop = valid && piece_q == '1;
    assign write = valid;
    assign write_word = address[9 -: WordIndexBits] + WordIndexBits'(piece_q);
    assign write_data = data[32'(piece_q)*Bytes*8 +: Bytes*8];
    always_ff @(posedge clk_i) begin
      if (!rst_ni) piece_q <= '0;
      else if (valid) piece_q <= piece_q + PieceBits'(1);
    end
    logic unused;
    assign unused = ^address ^ ready;
`ifndef YOSYS
    assert property (@(posedge clk_i) !rst_ni || !write_valid_i || ready) else $error("a table write is lost");
`endif
  end

  logic used_q;
  logic [1:0] number_q;
  always_ff @(posedge clk_i) begin
    if (enable_i[0]) begin
      used_q <= table_i != '0;
      number_q <= 2'(table_i - 3'd1);
    end
  end

  for (genvar l = 0; l < Lookups; l++) begin : gen_lookup
    logic [Bytes*8-1:0] word;
    logic [9:0] address;
    logic [7:0] code_q, mapped;
    assign address = {number_q, ~code_q[7], code_q[6:0]};
    for (genvar part = 0; part < Parts; part++) begin : gen_part
      (* ram_style = "distributed" *) logic [PartBytes*8-1:0] words [Words];
      assign word[part*PartBytes*8 +: PartBytes*8] = words[address[9 -: WordIndexBits]];
      always_ff @(posedge clk_i) if (write[part]) words[write_word] <= write_data;
    end
    assign mapped = word[32'(address[ByteBits-1:0])*8 +: 8];
    always_ff @(posedge clk_i) begin
      if (enable_i[0]) code_q <= code_i[l*8 +: 8];
      if (enable_i[1]) code_o[l*8 +: 8] <= used_q ? mapped : code_q;
    end
  end
endmodule
