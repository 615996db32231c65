// SPDX-License-Identifier: Apache-2.0
//
// Dispatch: looks at one instruction a cycle, checks HEADER and END, and hands the others to the queue of their unit.
//
// An instruction in cycle t is in its unit's queue in t + 1; it waits where that queue is full. done_o: END stands at the
// output of fetch and every unit has retired what it was given. error_o stays until clear_i.
module dw_dispatch #(
  parameter logic [31:0] Identity = '0
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         clear_i,
  input  logic         run_i,
  input  logic [31:0]  count_i,

  input  logic         valid_i,
  output logic         ready_o,
  input  logic [255:0] instruction_i,

  output logic         load_valid_o,
  input  logic         load_ready_i,
  output logic         compute_valid_o,
  input  logic         compute_ready_i,
  output logic         store_valid_o,
  input  logic         store_ready_i,

  input  logic [15:0]  load_retired_i,
  input  logic [15:0]  compute_retired_i,
  input  logic [15:0]  store_retired_i,
  input  logic         compute_waiting_i, // the queue of the compute unit holds an instruction

  output logic         done_o,
  output logic [31:0]  index_o,           // of the instruction looked at
  output logic         error_o,
  output logic [3:0]   error_code_o
);
  // Of the counts: fewer than 2^CountBits instructions of a unit lie in its queue or are under way.
  localparam int unsigned CountBits = 6;

  logic [31:0] index_q;
  logic        first_q, last_q, error_q;
  logic [3:0]  code_q, code, opcode;
  logic [CountBits-1:0] loads_q, computes_q, stores_q;
  logic        see, load, compute, store, idle;

  assign opcode       = instruction_i[3:0];
  assign see          = valid_i & run_i & ~error_q;
  assign index_o      = index_q;
  assign error_o      = error_q;
  assign error_code_o = code_q;

  // What is wrong with it.
  always_comb begin
    code = dw_pkg::ERROR_NONE;
    if (first_q) begin
      if (opcode != dw_pkg::OPCODE_HEADER || instruction_i[dw_pkg::HEADER_MAGIC_LSB+:32] != dw_pkg::MAGIC)
        code = dw_pkg::ERROR_BAD_MAGIC;
      else if (instruction_i[dw_pkg::HEADER_IDENTITY_LSB+:32] != Identity) code = dw_pkg::ERROR_IDENTITY_MISMATCH;
      else if (instruction_i[dw_pkg::HEADER_COUNT_LSB+:32] != count_i || last_q) code = dw_pkg::ERROR_BAD_COUNT;
    end else begin
      unique case (opcode)
        dw_pkg::OPCODE_LOAD, dw_pkg::OPCODE_STORE, dw_pkg::OPCODE_SET, dw_pkg::OPCODE_COMPUTE:
        if (last_q) code = dw_pkg::ERROR_BAD_COUNT;
        dw_pkg::OPCODE_END: if (!last_q) code = dw_pkg::ERROR_BAD_COUNT;
        default: code = dw_pkg::ERROR_ILLEGAL_OPCODE;
      endcase
    end
  end

  assign load            = ~first_q & ~last_q & (opcode == dw_pkg::OPCODE_LOAD);
  assign store           = ~first_q & ~last_q & (opcode == dw_pkg::OPCODE_STORE);
  assign compute         = ~first_q & ~last_q & (opcode == dw_pkg::OPCODE_SET || opcode == dw_pkg::OPCODE_COMPUTE);
  assign load_valid_o    = see & load;
  assign store_valid_o   = see & store;
  assign compute_valid_o = see & compute;

  // The instruction comes late: everything else is put together before it.
  logic go, middle;
  assign go     = run_i & ~error_q;
  assign middle = go & ~first_q & ~last_q;
  dw_dispatch_take u_take (
    .opcode_i (opcode),
    .first_i  (go & first_q),
    .load_i   (middle & load_ready_i),
    .compute_i(middle & compute_ready_i),
    .store_i  (middle & store_ready_i),
    .see_i    (see),
    .end_i    (~first_q & last_q & idle & ~compute_waiting_i),
    .take_o   (ready_o),
    .done_o
  );

  assign idle = (loads_q == load_retired_i[CountBits-1:0]) & (computes_q == compute_retired_i[CountBits-1:0])
              & (stores_q == store_retired_i[CountBits-1:0]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      index_q    <= '0;
      first_q    <= 1'b1;
      last_q     <= count_i == 32'd1;
      error_q    <= 1'b0;
      code_q     <= dw_pkg::ERROR_NONE;
      loads_q    <= '0;
      computes_q <= '0;
      stores_q   <= '0;
    end else begin
      if (see && code != dw_pkg::ERROR_NONE) begin
        error_q <= 1'b1;
        code_q  <= code;
      end
      if (run_i && count_i == '0) begin
        error_q <= 1'b1;
        code_q  <= dw_pkg::ERROR_BAD_COUNT;
      end
      if (valid_i && ready_o) begin
        index_q <= index_q + 32'd1;
        first_q <= 1'b0;
        last_q  <= index_q + 32'd2 == count_i;
        if (load) loads_q <= loads_q + CountBits'(1);
        if (store) stores_q <= stores_q + CountBits'(1);
        if (opcode == dw_pkg::OPCODE_COMPUTE && compute) computes_q <= computes_q + CountBits'(1);
      end
    end
  end

  logic unused;
  assign unused = ^{instruction_i[255:100], load_retired_i, compute_retired_i, store_retired_i};
endmodule
