// SPDX-License-Identifier: Apache-2.0
//
// The accelerator: registers, control, instructions, load, compute and store, on one AXI4 port.
//
// Three units run side by side, each in program order, and wait for one another by counts of retired instructions.
// s_axi_* are the registers (AXI4-Lite), m_axi_* external memory (AXI4, incrementing bursts, one order each way).
// trace_* tell co-simulation the cycle of every event (TRACE_EVENTS in src/generate/wrapper.ts, bit 0 first).
module depthwright_core #(
  parameter logic [31:0] Identity = '0,
  parameter int unsigned Pixels = 0,
  parameter int unsigned Lanes = 0,
  parameter int unsigned Inputs = 0,
  parameter int unsigned ActivationDepth = 0,
  parameter int unsigned WeightDepth = 0,
  parameter int unsigned ParameterDepth = 0,
  parameter int unsigned SegmentDepth = 0,
  parameter int unsigned MultiplierBits = 16,
  parameter int unsigned RequantisePixels = 0,
  parameter int unsigned ResidualPixels = 0,
  parameter bit          NarrowDsp = 1'b0,
  parameter bit          Tables = 1'b1,
  parameter int unsigned AxiBytes = 0,
  parameter logic [4:0]  WindowKernels = '0,
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned WindowSteps = 1,
  parameter int unsigned KernelSteps = 1,
  parameter int unsigned TapMaps = 1,
  parameter bit [WindowSteps*4-1:0] StepRows = '0,
  parameter bit [WindowSteps*8-1:0] StepMaps = '0,
  parameter bit [WindowSteps-1:0] StepOwnBlocks = '0,
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0,
  localparam int unsigned RegisterBits = dw_pkg::REGISTER_ADDRESS_BITS,
  localparam int unsigned AddressBits = dw_pkg::AXI_ADDRESS_BITS,
  localparam int unsigned CounterBits = dw_pkg::COUNTER_BITS
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic                    s_axi_awvalid_i,
  output logic                    s_axi_awready_o,
  input  logic [RegisterBits-1:0] s_axi_awaddr_i,
  input  logic                    s_axi_wvalid_i,
  output logic                    s_axi_wready_o,
  input  logic [31:0]             s_axi_wdata_i,
  input  logic [3:0]              s_axi_wstrb_i,
  output logic                    s_axi_bvalid_o,
  input  logic                    s_axi_bready_i,
  output logic [1:0]              s_axi_bresp_o,
  input  logic                    s_axi_arvalid_i,
  output logic                    s_axi_arready_o,
  input  logic [RegisterBits-1:0] s_axi_araddr_i,
  output logic                    s_axi_rvalid_o,
  input  logic                    s_axi_rready_i,
  output logic [31:0]             s_axi_rdata_o,
  output logic [1:0]              s_axi_rresp_o,

  output logic                    m_axi_arvalid_o,
  input  logic                    m_axi_arready_i,
  output logic [AddressBits-1:0]  m_axi_araddr_o,
  output logic [7:0]              m_axi_arlen_o,
  output logic [2:0]              m_axi_arsize_o,
  output logic [1:0]              m_axi_arburst_o,
  input  logic                    m_axi_rvalid_i,
  output logic                    m_axi_rready_o,
  input  logic [AxiBytes*8-1:0]   m_axi_rdata_i,
  input  logic [1:0]              m_axi_rresp_i,
  input  logic                    m_axi_rlast_i,
  output logic                    m_axi_awvalid_o,
  input  logic                    m_axi_awready_i,
  output logic [AddressBits-1:0]  m_axi_awaddr_o,
  output logic [7:0]              m_axi_awlen_o,
  output logic [2:0]              m_axi_awsize_o,
  output logic [1:0]              m_axi_awburst_o,
  output logic                    m_axi_wvalid_o,
  input  logic                    m_axi_wready_i,
  output logic [AxiBytes*8-1:0]   m_axi_wdata_o,
  output logic [AxiBytes-1:0]     m_axi_wstrb_o,
  output logic                    m_axi_wlast_o,
  input  logic                    m_axi_bvalid_i,
  output logic                    m_axi_bready_o,
  input  logic [1:0]              m_axi_bresp_i,

  output logic                    irq_o,

  output logic                    trace_run_o,
  output logic [CounterBits-1:0]  trace_cycle_o,
  output logic [7:0]              trace_events_o
);
  localparam int unsigned GroupBytes = Pixels * Inputs;
  localparam int unsigned WeightBytes = Lanes * Inputs;
  localparam int unsigned ParameterBytes = Lanes * (MultiplierBits == 16 ? 8 : 16);
  localparam int unsigned WordBytes0 = WeightBytes > ParameterBytes ? WeightBytes : ParameterBytes;
  localparam int unsigned WordBytes = WordBytes0 > GroupBytes ? WordBytes0 : GroupBytes;
  localparam int unsigned TransferBits = dw_pkg::LOAD_LEVEL_STRIDE_LSB + dw_pkg::LOAD_LEVEL_STRIDE_BITS;
  localparam logic [2:0] BeatSize = 3'($clog2(AxiBytes));
  localparam logic [1:0] Incrementing = 2'b01;
  localparam logic [31:0] Array = {8'(RequantisePixels), 8'(Inputs), 8'(Lanes), 8'(Pixels)};
  localparam logic [31:0] Options = {11'd0, WindowKernels, 1'b0, Tables, 6'(MultiplierBits), 8'(AxiBytes)};

  // ---- registers and control
  logic                   start_command, stop_command, clear, run, stop, busy, done, error, finished, failed;
  logic [AddressBits-1:12] base, base_q;
  logic [31:0]            offset, count;
  logic [2:0]             level, level_q;
  logic [3:0]             code;
  logic [2:0]             unit;
  logic [31:0]            error_index, dispatch_index;
  logic [CounterBits-1:0] cycles, active_multiplies, gated_multiplies, read_bytes_q, write_bytes_q;
  logic [15:0]            load_retired_q, store_retired_q, compute_retired;
  logic                   load_retire, store_retire, load_start, store_start, program_done;
  logic                   dispatch_error, read_slave_error, read_decode_error, read_owner, load_error;
  logic                   store_address_error, write_slave_error, write_decode_error, compute_error;
  logic [3:0]             dispatch_code;
  logic [7:0]             compute_code;
  logic                   arbiter_idle, store_idle, compute_busy, misaligned_q;

  dw_registers #(
    .Identity(Identity),
    .Array(Array),
    .ActivationDepth(ActivationDepth),
    .WeightDepth(WeightDepth),
    .ParameterDepth(ParameterDepth),
    .Options(Options)
  ) u_registers (
    .clk_i,
    .rst_ni,
    .awvalid_i        (s_axi_awvalid_i),
    .awready_o        (s_axi_awready_o),
    .awaddr_i         (s_axi_awaddr_i),
    .wvalid_i         (s_axi_wvalid_i),
    .wready_o         (s_axi_wready_o),
    .wdata_i          (s_axi_wdata_i),
    .wstrb_i          (s_axi_wstrb_i),
    .bvalid_o         (s_axi_bvalid_o),
    .bready_i         (s_axi_bready_i),
    .arvalid_i        (s_axi_arvalid_i),
    .arready_o        (s_axi_arready_o),
    .araddr_i         (s_axi_araddr_i),
    .rvalid_o         (s_axi_rvalid_o),
    .rready_i         (s_axi_rready_i),
    .rdata_o          (s_axi_rdata_o),
    .start_o          (start_command),
    .stop_o           (stop_command),
    .base_o           (base),
    .offset_o         (offset),
    .count_o          (count),
    .level_o          (level),
    .busy_i           (busy),
    .done_i           (done),
    .error_i          (error),
    .finished_i       (finished),
    .failed_i         (failed),
    .code_i           (code),
    .unit_i           (unit),
    .index_i          (error_index),
    .cycles_i         (cycles),
    .load_retired_i   (load_retired_q),
    .compute_retired_i(compute_retired),
    .store_retired_i  (store_retired_q),
    .active_i         (active_multiplies),
    .pruned_i         (gated_multiplies),
    .read_bytes_i     (read_bytes_q),
    .write_bytes_i    (write_bytes_q),
    .irq_o
  );
  assign s_axi_bresp_o = 2'b00;
  assign s_axi_rresp_o = 2'b00;

  dw_control u_control (
    .clk_i,
    .rst_ni,
    .start_i              (start_command),
    .stop_command_i       (stop_command),
    .misaligned_i         (misaligned_q),
    .done_i               (program_done),
    .bus_idle_i           (arbiter_idle & store_idle),
    .dispatch_error_i     (dispatch_error),
    .dispatch_code_i      (dispatch_code),
    .read_slave_error_i   (read_slave_error),
    .read_decode_error_i  (read_decode_error),
    .read_owner_i         (read_owner),
    .load_address_error_i (load_error),
    .store_address_error_i(store_address_error),
    .write_slave_error_i  (write_slave_error),
    .write_decode_error_i (write_decode_error),
    .compute_error_i      (compute_error),
    .compute_code_i       (compute_code[3:0]),
    .dispatch_index_i     (dispatch_index),
    .load_retired_i       (load_retired_q),
    .compute_retired_i    (compute_retired),
    .store_retired_i      (store_retired_q),
    .clear_o              (clear),
    .run_o                (run),
    .stop_o               (stop),
    .busy_o               (busy),
    .done_o               (done),
    .error_o              (error),
    .finished_o           (finished),
    .failed_o             (failed),
    .code_o               (code),
    .unit_o               (unit),
    .index_o              (error_index),
    .cycles_o             (cycles)
  );

  // What a frame works with stays as it was at its start; a stopped frame's units are held in reset.
  logic unit_rst_nq;
  always_ff @(posedge clk_i) begin
    unit_rst_nq <= rst_ni & ~stop;
    if (!rst_ni) begin
      misaligned_q <= 1'b0;
    end else if (clear) begin
      base_q       <= base;
      level_q      <= level;
      misaligned_q <= offset[7:0] != 8'd0;
    end
  end

  // ---- instructions
  logic                    fetch_valid, fetch_ready, fetch_beat_valid, fetch_beat_ready;
  logic [31:0]             fetch_address;
  logic [8:0]              fetch_beats;
  logic                    load_valid, load_ready, compute_valid, compute_ready, store_valid, store_ready;
  logic [TransferBits-1:0] load_instruction, store_instruction;
  logic [255:0]            compute_instruction;

  dw_instructions #(.Identity(Identity), .AxiBytes(AxiBytes)) u_instructions (
    .clk_i,
    .rst_ni               (unit_rst_nq),
    .clear_i              (clear),
    .run_i                (run),
    .offset_i             (offset),
    .count_i              (count),
    .burst_valid_o        (fetch_valid),
    .burst_ready_i        (fetch_ready),
    .burst_address_o      (fetch_address),
    .burst_beats_o        (fetch_beats),
    .beat_valid_i         (fetch_beat_valid),
    .beat_ready_o         (fetch_beat_ready),
    .beat_data_i          (m_axi_rdata_i),
    .load_valid_o         (load_valid),
    .load_ready_i         (load_ready),
    .load_instruction_o   (load_instruction),
    .compute_valid_o      (compute_valid),
    .compute_ready_i      (compute_ready),
    .compute_instruction_o(compute_instruction),
    .store_valid_o        (store_valid),
    .store_ready_i        (store_ready),
    .store_instruction_o  (store_instruction),
    .load_retired_i       (load_retired_q),
    .compute_retired_i    (compute_retired),
    .store_retired_i      (store_retired_q),
    .done_o               (program_done),
    .index_o              (dispatch_index),
    .error_o              (dispatch_error),
    .error_code_o         (dispatch_code)
  );

  // ---- load
  logic        burst_valid, burst_ready, load_beat_valid, load_beat_ready;
  logic [31:0] burst_address;
  logic [6:0]  burst_beats;
  logic [1:0]  write_set;
  logic [15:0] write_address;
  logic        weight_write, parameter_write, table_write, activation_write, activation_write_ready;
  logic [WordBytes*8-1:0] write_data;

  dw_read_arbiter u_read_arbiter (
    .clk_i,
    .rst_ni,
    .run_i             (run),
    .stop_i            (stop),
    .base_i            (base_q),
    .fetch_valid_i     (fetch_valid),
    .fetch_ready_o     (fetch_ready),
    .fetch_address_i   (fetch_address),
    .fetch_beats_i     (fetch_beats),
    .fetch_beat_valid_o(fetch_beat_valid),
    .fetch_beat_ready_i(fetch_beat_ready),
    .load_valid_i      (burst_valid),
    .load_ready_o      (burst_ready),
    .load_address_i    (burst_address),
    .load_beats_i      (burst_beats),
    .load_beat_valid_o (load_beat_valid),
    .load_beat_ready_i (load_beat_ready),
    .arvalid_o         (m_axi_arvalid_o),
    .arready_i         (m_axi_arready_i),
    .araddr_o          (m_axi_araddr_o),
    .arlen_o           (m_axi_arlen_o),
    .rvalid_i          (m_axi_rvalid_i),
    .rready_o          (m_axi_rready_o),
    .rresp_i           (m_axi_rresp_i),
    .rlast_i           (m_axi_rlast_i),
    .idle_o            (arbiter_idle),
    .owner_o           (read_owner),
    .slave_error_o     (read_slave_error),
    .decode_error_o    (read_decode_error)
  );
  assign m_axi_arsize_o  = BeatSize;
  assign m_axi_arburst_o = Incrementing;

  dw_load_unit #(
    .AxiBytes(AxiBytes),
    .WeightBytes(WeightBytes),
    .ParameterBytes(ParameterBytes),
    .GroupBytes(GroupBytes),
    .WeightDepth(WeightDepth),
    .ParameterDepth(ParameterDepth),
    .ActivationDepth(ActivationDepth)
  ) u_load (
    .clk_i,
    .rst_ni             (unit_rst_nq),
    .clear_i            (clear),
    .level_i            (level_q),
    .instruction_valid_i(load_valid),
    .instruction_ready_o(load_ready),
    .instruction_i      (load_instruction),
    .load_retired_i     (load_retired_q),
    .compute_retired_i  (compute_retired),
    .store_retired_i    (store_retired_q),
    .burst_valid_o      (burst_valid),
    .burst_ready_i      (burst_ready),
    .burst_address_o    (burst_address),
    .burst_beats_o      (burst_beats),
    .beat_valid_i       (load_beat_valid),
    .beat_ready_o       (load_beat_ready),
    .beat_data_i        (m_axi_rdata_i),
    .weight_valid_o     (weight_write),
    .parameter_valid_o  (parameter_write),
    .table_valid_o      (table_write),
    .activation_valid_o (activation_write),
    .activation_ready_i (activation_write_ready),
    .set_o              (write_set),
    .address_o          (write_address),
    .data_o             (write_data),
    .start_o            (load_start),
    .retire_o           (load_retire),
    .error_o            (load_error)
  );

  // ---- compute
  logic [3:0]              read_free;
  logic                    read_request, read_valid;
  logic [1:0]              read_set;
  logic [15:0]             read_address;
  logic [GroupBytes*8-1:0] read_data;

  dw_compute #(
    .Pixels(Pixels),
    .Lanes(Lanes),
    .Inputs(Inputs),
    .ActivationDepth(ActivationDepth),
    .WeightDepth(WeightDepth),
    .ParameterDepth(ParameterDepth),
    .SegmentDepth(SegmentDepth),
    .MultiplierBits(MultiplierBits),
    .RequantisePixels(RequantisePixels),
    .ResidualPixels(ResidualPixels),
    .NarrowDsp(NarrowDsp),
    .Tables(Tables),
    .AxiBytes(AxiBytes),
    .HaloGroups(HaloGroups),
    .WindowSteps(WindowSteps),
    .KernelSteps(KernelSteps),
    .TapMaps(TapMaps),
    .StepRows(StepRows),
    .StepMaps(StepMaps),
    .StepOwnBlocks(StepOwnBlocks),
    .Taps(Taps)
  ) u_compute (
    .clk_i,
    .rst_ni                    (unit_rst_nq),
    .clear_i                   (clear),
    .level_i                   (level_q),
    .instruction_valid_i       (compute_valid),
    .instruction_ready_o       (compute_ready),
    .instruction_i             (compute_instruction),
    .load_retired_i            (load_retired_q),
    .store_retired_i           (store_retired_q),
    .retired_o                 (compute_retired),
    .busy_o                    (compute_busy),
    .error_valid_o             (compute_error),
    .error_code_o              (compute_code),
    .trace_first_o             (trace_events_o[2]),
    .trace_last_o              (trace_events_o[3]),
    .trace_retired_o           (trace_events_o[4]),
    .weight_write_valid_i      (weight_write),
    .weight_write_address_i    (write_address),
    .weight_write_data_i       (write_data[WeightBytes*8-1:0]),
    .parameter_write_valid_i   (parameter_write),
    .parameter_write_address_i (write_address),
    .parameter_write_data_i    (write_data[ParameterBytes*8-1:0]),
    .table_write_valid_i       (table_write),
    .table_write_address_i     (write_address[9:0]),
    .table_write_data_i        (write_data[AxiBytes*8-1:0]),
    .activation_write_valid_i  (activation_write),
    .activation_write_ready_o  (activation_write_ready),
    .activation_write_set_i    (write_set),
    .activation_write_address_i(write_address),
    .activation_write_data_i   (write_data[GroupBytes*8-1:0]),
    .activation_read_free_o    (read_free),
    .activation_read_request_i (read_request),
    .activation_read_set_i     (read_set),
    .activation_read_address_i (read_address),
    .activation_read_valid_o   (read_valid),
    .activation_read_data_o    (read_data),
    .active_multiplies_o       (active_multiplies),
    .gated_multiplies_o        (gated_multiplies)
  );

  // ---- store
  dw_store #(.AxiBytes(AxiBytes), .GroupBytes(GroupBytes), .ActivationDepth(ActivationDepth)) u_store (
    .clk_i,
    .rst_ni,
    .clear_i            (clear),
    .stop_i             (stop),
    .base_i             (base_q),
    .instruction_valid_i(store_valid),
    .instruction_ready_o(store_ready),
    .instruction_i      (store_instruction),
    .load_retired_i     (load_retired_q),
    .compute_retired_i  (compute_retired),
    .store_retired_i    (store_retired_q),
    .read_free_i        (read_free),
    .read_request_o     (read_request),
    .read_set_o         (read_set),
    .read_address_o     (read_address),
    .read_valid_i       (read_valid),
    .read_data_i        (read_data),
    .awvalid_o          (m_axi_awvalid_o),
    .awready_i          (m_axi_awready_i),
    .awaddr_o           (m_axi_awaddr_o),
    .awlen_o            (m_axi_awlen_o),
    .wvalid_o           (m_axi_wvalid_o),
    .wready_i           (m_axi_wready_i),
    .wdata_o            (m_axi_wdata_o),
    .wstrb_o            (m_axi_wstrb_o),
    .wlast_o            (m_axi_wlast_o),
    .bvalid_i           (m_axi_bvalid_i),
    .bready_o           (m_axi_bready_o),
    .bresp_i            (m_axi_bresp_i),
    .start_o            (store_start),
    .retire_o           (store_retire),
    .idle_o             (store_idle),
    .address_error_o    (store_address_error),
    .slave_error_o      (write_slave_error),
    .decode_error_o     (write_decode_error)
  );
  assign m_axi_awsize_o  = BeatSize;
  assign m_axi_awburst_o = Incrementing;

  // ---- counters
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear) begin
      load_retired_q  <= '0;
      store_retired_q <= '0;
      read_bytes_q    <= '0;
      write_bytes_q   <= '0;
    end else begin
      if (load_retire) load_retired_q <= load_retired_q + 16'd1;
      if (store_retire) store_retired_q <= store_retired_q + 16'd1;
      if (m_axi_rvalid_i && m_axi_rready_o) read_bytes_q <= read_bytes_q + CounterBits'(AxiBytes);
      if (m_axi_wvalid_o && m_axi_wready_i) write_bytes_q <= write_bytes_q + CounterBits'(AxiBytes);
    end
  end

  assign trace_run_o         = run;
  assign trace_cycle_o       = cycles;
  assign trace_events_o[0]   = load_start;
  assign trace_events_o[1]   = load_retire;
  assign trace_events_o[7:5] = {finished | failed, store_retire, store_start};

  logic unused;
  assign unused = ^{compute_busy, compute_code[7:4]};
endmodule
