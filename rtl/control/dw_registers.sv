// SPDX-License-Identifier: Apache-2.0
//
// The AXI4-Lite registers (docs/registers.md): configuration read-back, commands, status, interrupt, counters.
//
// One access at a time, each way. A write is done when its address and data have both come, its response follows a cycle
// later; byte strobes are honoured. A read's data follows two cycles after its address. Every access is answered OKAY.
module dw_registers #(
  parameter logic [31:0] Identity = '0,
  parameter logic [31:0] Array = '0,           // registers of the configuration, as they read
  parameter logic [31:0] ActivationDepth = '0,
  parameter logic [31:0] WeightDepth = '0,
  parameter logic [31:0] ParameterDepth = '0,
  parameter logic [31:0] Options = '0,
  localparam int unsigned AddressBits = dw_pkg::REGISTER_ADDRESS_BITS,
  localparam int unsigned CounterBits = dw_pkg::COUNTER_BITS
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic                   awvalid_i,
  output logic                   awready_o,
  input  logic [AddressBits-1:0] awaddr_i,
  input  logic                   wvalid_i,
  output logic                   wready_o,
  input  logic [31:0]            wdata_i,
  input  logic [3:0]             wstrb_i,
  output logic                   bvalid_o,
  input  logic                   bready_i,
  input  logic                   arvalid_i,
  output logic                   arready_o,
  input  logic [AddressBits-1:0] araddr_i,
  output logic                   rvalid_o,
  input  logic                   rready_i,
  output logic [31:0]            rdata_o,

  output logic                   start_o,
  output logic                   stop_o,
  output logic [dw_pkg::AXI_ADDRESS_BITS-1:12] base_o,
  output logic [31:0]            offset_o,
  output logic [31:0]            count_o,
  output logic [2:0]             level_o,

  input  logic                   busy_i,
  input  logic                   done_i,
  input  logic                   error_i,
  input  logic                   finished_i,
  input  logic                   failed_i,
  input  logic [3:0]             code_i,
  input  logic [2:0]             unit_i,
  input  logic [31:0]            index_i,
  input  logic [CounterBits-1:0] cycles_i,
  input  logic [15:0]            load_retired_i,
  input  logic [15:0]            compute_retired_i,
  input  logic [15:0]            store_retired_i,
  input  logic [CounterBits-1:0] active_i,
  input  logic [CounterBits-1:0] pruned_i,
  input  logic [CounterBits-1:0] read_bytes_i,
  input  logic [CounterBits-1:0] write_bytes_i,
  output logic                   irq_o
);
  // ---- writes
  logic                   write, bvalid_q;
  logic [AddressBits-1:0] at;
  logic [31:0]            mask, base_low_q, offset_q, count_q;
  logic [7:0]             base_high_q;
  logic [2:0]             level_q;
  logic [1:0]             enable_q, pending_q;
  logic                   start_q, stop_q, irq_q;

  assign write     = awvalid_i & wvalid_i & ~bvalid_q;
  assign awready_o = write;
  assign wready_o  = write;
  assign bvalid_o  = bvalid_q;
  assign at        = {awaddr_i[AddressBits-1:2], 2'b00};
  assign mask      = {{8{wstrb_i[3]}}, {8{wstrb_i[2]}}, {8{wstrb_i[1]}}, {8{wstrb_i[0]}}};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bvalid_q    <= 1'b0;
      start_q     <= 1'b0;
      stop_q      <= 1'b0;
      base_low_q  <= '0;
      base_high_q <= '0;
      offset_q    <= '0;
      count_q     <= '0;
      level_q     <= '0;
      enable_q    <= '0;
      pending_q   <= '0;
      irq_q       <= 1'b0;
    end else begin
      bvalid_q  <= write | (bvalid_q & ~bready_i);
      start_q   <= 1'b0;
      stop_q    <= 1'b0;
      irq_q     <= |(pending_q & enable_q);
      pending_q <= pending_q | {failed_i, finished_i};
      if (write) begin
        unique case (at)
          dw_pkg::REG_CONTROL: begin
            start_q <= wdata_i[0] & mask[0];
            stop_q  <= wdata_i[1] & mask[1];
          end
          dw_pkg::REG_INTERRUPT_ENABLE: enable_q <= (wdata_i[1:0] & mask[1:0]) | (enable_q & ~mask[1:0]);
          dw_pkg::REG_INTERRUPT_STATUS:
          pending_q <= (pending_q & ~(wdata_i[1:0] & mask[1:0])) | {failed_i, finished_i};
          dw_pkg::REG_BASE_LOW: base_low_q <= (wdata_i & mask) | (base_low_q & ~mask);
          dw_pkg::REG_BASE_HIGH: base_high_q <= (wdata_i[7:0] & mask[7:0]) | (base_high_q & ~mask[7:0]);
          dw_pkg::REG_PROGRAM_OFFSET: offset_q <= (wdata_i & mask) | (offset_q & ~mask);
          dw_pkg::REG_PROGRAM_COUNT: count_q <= (wdata_i & mask) | (count_q & ~mask);
          dw_pkg::REG_LEVEL: level_q <= (wdata_i[2:0] & mask[2:0]) | (level_q & ~mask[2:0]);
          default: ;
        endcase
      end
    end
  end

  assign start_o  = start_q;
  assign stop_o   = stop_q;
  assign offset_o = offset_q;
  assign count_o  = count_q;
  assign level_o  = level_q;
  assign base_o   = {base_high_q, base_low_q[31:12]};
  assign irq_o    = irq_q;

  // ---- reads
  logic                   reading_q, rvalid_q;
  logic [AddressBits-1:0] read_at_q;
  logic [31:0]            value;

  assign arready_o = ~reading_q & ~rvalid_q;
  assign rvalid_o  = rvalid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reading_q <= 1'b0;
      rvalid_q  <= 1'b0;
    end else begin
      reading_q <= arvalid_i & arready_o;
      rvalid_q  <= reading_q | (rvalid_q & ~rready_i);
    end
    if (arvalid_i && arready_o) read_at_q <= {araddr_i[AddressBits-1:2], 2'b00};
    if (reading_q) rdata_o <= value;
  end

  always_comb begin
    value = '0;
    unique case (read_at_q)
      dw_pkg::REG_IDENTITY:              value = Identity;
      dw_pkg::REG_VERSION:               value = dw_pkg::HARDWARE_VERSION;
      dw_pkg::REG_ARRAY:                 value = Array;
      dw_pkg::REG_ACTIVATION_DEPTH:      value = ActivationDepth;
      dw_pkg::REG_WEIGHT_DEPTH:          value = WeightDepth;
      dw_pkg::REG_PARAMETER_DEPTH:       value = ParameterDepth;
      dw_pkg::REG_OPTIONS:               value = Options;
      dw_pkg::REG_STATUS:                value = {29'd0, error_i, done_i, busy_i};
      dw_pkg::REG_INTERRUPT_ENABLE:      value = {30'd0, enable_q};
      dw_pkg::REG_INTERRUPT_STATUS:      value = {30'd0, pending_q};
      dw_pkg::REG_ERROR_CODE:            value = {21'd0, unit_i, 4'd0, code_i};
      dw_pkg::REG_ERROR_INDEX:           value = index_i;
      dw_pkg::REG_BASE_LOW:              value = {base_low_q[31:12], 12'd0};
      dw_pkg::REG_BASE_HIGH:             value = {24'd0, base_high_q};
      dw_pkg::REG_PROGRAM_OFFSET:        value = offset_q;
      dw_pkg::REG_PROGRAM_COUNT:         value = count_q;
      dw_pkg::REG_LEVEL:                 value = {29'd0, level_q};
      dw_pkg::REG_CYCLES_LOW:            value = cycles_i[31:0];
      dw_pkg::REG_CYCLES_HIGH:           value = 32'(cycles_i[CounterBits-1:32]);
      dw_pkg::REG_RETIRED_LOAD:          value = {16'd0, load_retired_i};
      dw_pkg::REG_RETIRED_COMPUTE:       value = {16'd0, compute_retired_i};
      dw_pkg::REG_RETIRED_STORE:         value = {16'd0, store_retired_i};
      dw_pkg::REG_ACTIVE_MULTIPLIES_LOW: value = active_i[31:0];
      dw_pkg::REG_ACTIVE_MULTIPLIES_HIGH: value = 32'(active_i[CounterBits-1:32]);
      dw_pkg::REG_PRUNED_MULTIPLIES_LOW: value = pruned_i[31:0];
      dw_pkg::REG_PRUNED_MULTIPLIES_HIGH: value = 32'(pruned_i[CounterBits-1:32]);
      dw_pkg::REG_READ_BYTES_LOW:        value = read_bytes_i[31:0];
      dw_pkg::REG_READ_BYTES_HIGH:       value = 32'(read_bytes_i[CounterBits-1:32]);
      dw_pkg::REG_WRITE_BYTES_LOW:       value = write_bytes_i[31:0];
      dw_pkg::REG_WRITE_BYTES_HIGH:      value = 32'(write_bytes_i[CounterBits-1:32]);
      default:                           value = '0;
    endcase
  end

  logic unused;
  assign unused = ^{awaddr_i[1:0], araddr_i[1:0]};
endmodule
