// SPDX-License-Identifier: Apache-2.0
//
// Test bench of the compute unit: feeds it instructions from a memory as fast as it takes them and notes the cycle of
// every first step, last step and retirement. Memories are filled and read by the back door.
module dw_compute_bench #(
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
  parameter int unsigned HaloGroups = 1,
  parameter int unsigned WindowSteps = 1,
  parameter int unsigned KernelSteps = 1,
  parameter int unsigned TapMaps = 1,
  parameter bit [WindowSteps*4-1:0] StepRows = '0,
  parameter bit [WindowSteps*8-1:0] StepMaps = '0,
  parameter bit [WindowSteps-1:0] StepOwnBlocks = '0,
  parameter bit [TapMaps*Inputs*16-1:0] Taps = '0
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [2:0]                          level_i,
  input  logic [15:0]                         count_i,       // instructions to feed
  input  logic                                table_write_i,
  input  logic [9:0]                          table_address_i,
  input  logic [AxiBytes*8-1:0]               table_data_i,
  output logic                                done_o,
  output logic                                error_o,
  output logic [15:0]                         firsts_o,
  output logic [15:0]                         lasts_o,
  output logic [15:0]                         retireds_o,
  output logic [47:0]                         active_o,
  output logic [47:0]                         gated_o
);
  localparam int unsigned Entries = 1024;
  logic [255:0] instructions [Entries] /*verilator public_flat_rw*/;
  logic [31:0] taken_at [Entries] /*verilator public_flat_rw*/;
  logic [31:0] first_at [Entries] /*verilator public_flat_rw*/;
  logic [31:0] last_at [Entries] /*verilator public_flat_rw*/;
  logic [31:0] retired_at [Entries] /*verilator public_flat_rw*/;
  logic [31:0] cycle_q;
  logic [15:0] fed_q;
  logic ready, busy, first, last, retired;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cycle_q <= '0;
      fed_q <= '0;
      firsts_o <= '0;
      lasts_o <= '0;
      retireds_o <= '0;
    end else begin
      cycle_q <= cycle_q + 32'd1;
      if (fed_q != count_i && ready) begin
        taken_at[fed_q[9:0]] <= cycle_q;
        fed_q <= fed_q + 16'd1;
      end
      if (first) begin
        first_at[firsts_o[9:0]] <= cycle_q;
        firsts_o <= firsts_o + 16'd1;
      end
      if (last) begin
        last_at[lasts_o[9:0]] <= cycle_q;
        lasts_o <= lasts_o + 16'd1;
      end
      if (retired) begin
        retired_at[retireds_o[9:0]] <= cycle_q;
        retireds_o <= retireds_o + 16'd1;
      end
    end
  end
  assign done_o = rst_ni && fed_q == count_i && !busy && !retired;

  /* verilator lint_off PINCONNECTEMPTY */
  dw_compute #(
    .Pixels(Pixels), .Lanes(Lanes), .Inputs(Inputs), .ActivationDepth(ActivationDepth), .WeightDepth(WeightDepth),
    .ParameterDepth(ParameterDepth), .SegmentDepth(SegmentDepth), .MultiplierBits(MultiplierBits), .RequantisePixels(RequantisePixels),
    .ResidualPixels(ResidualPixels), .NarrowDsp(NarrowDsp), .Tables(Tables), .AxiBytes(AxiBytes), .HaloGroups(HaloGroups), .WindowSteps(WindowSteps), .KernelSteps(KernelSteps),
    .TapMaps(TapMaps),
    .StepRows(StepRows), .StepMaps(StepMaps), .StepOwnBlocks(StepOwnBlocks), .Taps(Taps)
  ) u_compute (
    .clk_i,
    .rst_ni,
    .clear_i                   (1'b0),
    .level_i,
    .instruction_valid_i       (fed_q != count_i),
    .instruction_ready_o       (ready),
    .instruction_i             (instructions[fed_q[9:0]]),
    .load_retired_i            (16'h4000),
    .store_retired_i           (16'h4000),
    .retired_o                 (),
    .busy_o                    (busy),
    .error_valid_o             (error_o),
    .error_code_o              (),
    .trace_first_o             (first),
    .trace_last_o              (last),
    .trace_retired_o           (retired),
    .weight_write_valid_i      (1'b0),
    .weight_write_address_i    ('0),
    .weight_write_data_i       ('0),
    .parameter_write_valid_i   (1'b0),
    .parameter_write_address_i ('0),
    .parameter_write_data_i    ('0),
    .table_write_valid_i       (table_write_i),
    .table_write_address_i     (table_address_i),
    .table_write_data_i        (table_data_i),
    .activation_write_valid_i  (1'b0),
    .activation_write_ready_o  (),
    .activation_write_set_i    ('0),
    .activation_write_address_i('0),
    .activation_write_data_i   ('0),
    .activation_read_free_o    (),
    .activation_read_request_i (1'b0),
    .activation_read_set_i     ('0),
    .activation_read_address_i ('0),
    .activation_read_valid_o   (),
    .activation_read_data_o    (),
    .active_multiplies_o       (active_o),
    .gated_multiplies_o        (gated_o)
  );
endmodule
