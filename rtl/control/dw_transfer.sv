// SPDX-License-Identifier: Apache-2.0
//
// Address side of a LOAD or STORE: takes the instruction, waits for the counts that it names, cuts it into bursts.
//
// bytes = count * (rows: pitch, else 1) * bytes of a target word; from memoryAddress + level * levelStride. A burst ends
// at the latest after BURST_BEATS beats or at a multiple of BURST_BYTES.
// Latency: TRANSFER_SETUP cycles from instruction to first burst; then a burst every BURST_INTERVAL cycles. A burst is
// offered until it is taken. start_o marks the first burst being taken; the next instruction is taken after the last.
module dw_transfer #(
  parameter bit          Rows = 1'b0,         // all instructions are for activation rows, whatever their target
  parameter int unsigned AxiBytes = 0,        // power of two
  parameter int unsigned WeightBeats = 0,     // beats of one word of each target, powers of two
  parameter int unsigned ParameterBeats = 0,
  parameter int unsigned GroupBeats = 0,
  parameter int unsigned TableBeats = 0,
  parameter int unsigned WeightDepth = 0,
  parameter int unsigned ParameterDepth = 0,
  localparam int unsigned TransferBits = dw_pkg::LOAD_LEVEL_STRIDE_LSB + dw_pkg::LOAD_LEVEL_STRIDE_BITS
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    clear_i,
  input  logic [2:0]              level_i,

  input  logic                    instruction_valid_i,
  output logic                    instruction_ready_o,
  input  logic [TransferBits-1:0] instruction_i,

  input  logic [15:0]             load_retired_i,
  input  logic [15:0]             compute_retired_i,
  input  logic [15:0]             store_retired_i,

  output logic                    burst_valid_o,
  input  logic                    burst_ready_i,
  output logic [31:0]             burst_address_o,
  output logic [6:0]              burst_beats_o,
  output logic                    burst_last_o,
  output logic                    start_o,

  // The transfer's parameters, stable from ready_o (a pulse before the first burst is offered) until start_o.
  output logic                    ready_o,
  output logic [1:0]              target_o,
  output logic [15:0]             address_o,
  output logic [1:0]              set_o,
  output logic [13:0]             pitch_o,
  output logic [15:0]             base_o,
  output logic [15:0]             end_o,
  output logic [31:0]             words_o,     // table: beats

  output logic                    error_o      // beyond a memory, not aligned or empty; stays until clear_i
);
  localparam int unsigned AxiShift = $clog2(AxiBytes);
  localparam int unsigned BoundaryBeats = dw_pkg::BURST_BYTES / AxiBytes;
  localparam int unsigned MostBeats = BoundaryBeats < dw_pkg::BURST_BEATS ? BoundaryBeats : dw_pkg::BURST_BEATS;
  localparam int unsigned BeatBits = 40;
  localparam logic [BeatBits-1:0] ImageBeats = 40'h1_0000_0000 >> AxiShift;

  localparam logic [1:0] TargetWeights = 2'd0;
  localparam logic [1:0] TargetParameters = 2'd1;
  localparam logic [1:0] TargetRows = 2'd2;
  localparam logic [1:0] TargetTable = 2'd3;

  // ---- the instruction's fields
  logic [15:0] wait_load, wait_compute, wait_store, address, base, ring_end;
  logic [1:0]  target, set;
  logic [31:0] memory_address;
  logic [19:0] count;
  logic [13:0] pitch;
  logic [23:0] stride;
  assign wait_load      = instruction_i[dw_pkg::LOAD_WAIT_LOAD_LSB+:16];
  assign wait_compute   = instruction_i[dw_pkg::LOAD_WAIT_COMPUTE_LSB+:16];
  assign wait_store     = instruction_i[dw_pkg::LOAD_WAIT_STORE_LSB+:16];
  assign target         = Rows ? TargetRows : instruction_i[dw_pkg::LOAD_TARGET_LSB+:2];
  assign memory_address = instruction_i[dw_pkg::LOAD_MEMORY_ADDRESS_LSB+:32];
  assign count          = instruction_i[dw_pkg::LOAD_COUNT_LSB+:20];
  assign address        = instruction_i[dw_pkg::LOAD_ADDRESS_LSB+:16];
  assign set            = instruction_i[dw_pkg::LOAD_ROW_SET_LSB+:2];
  assign pitch          = instruction_i[dw_pkg::LOAD_PITCH_LSB+:14];
  assign base           = instruction_i[dw_pkg::LOAD_BASE_LSB+:16];
  assign ring_end       = instruction_i[dw_pkg::LOAD_END_LSB+:16];
  assign stride         = Rows ? 24'd0 : instruction_i[dw_pkg::LOAD_LEVEL_STRIDE_LSB+:24];

  logic unused;
  assign unused = ^instruction_i[3:0];

  // ---- setup: one stage a cycle
  logic [4:0]          stage_q;
  logic                busy_q, error_q, prepare_q, burst_valid_q, started_q;
  logic [15:0]         wait_load_q, wait_compute_q, wait_store_q, address_q, base_q, end_q;
  logic [1:0]          target_q, set_q;
  logic [31:0]         start_q;
  logic [19:0]         count_q;
  logic [13:0]         pitch_q, factor_q;
  logic [23:0]         stride_q;
  logic [33:0]         product_q, words_q;
  logic [26:0]         partial_q, offset_q;
  logic [BeatBits-1:0] beats, beats_q;
  logic [32:0]         at_q;
  logic                take, taken;

  assign take                = instruction_valid_i & instruction_ready_o;
  assign instruction_ready_o = ~busy_q;
  assign taken               = burst_valid_o & burst_ready_i;
  assign start_o             = taken & ~started_q;
  assign ready_o             = stage_q[3];
  assign target_o            = target_q;
  assign address_o           = address_q;
  assign set_o               = set_q;
  assign pitch_o             = pitch_q;
  assign base_o              = base_q;
  assign end_o               = end_q;
  assign error_o             = error_q;

  always_ff @(posedge clk_i) begin
    if (take) begin
      wait_load_q    <= wait_load;
      wait_compute_q <= wait_compute;
      wait_store_q   <= wait_store;
      target_q       <= target;
      start_q        <= memory_address;
      count_q        <= count;
      address_q      <= address;
      set_q          <= set;
      pitch_q        <= pitch;
      factor_q       <= target == TargetRows ? pitch : 14'd1;
      base_q         <= base;
      end_q          <= ring_end;
      stride_q       <= stride;
    end
    product_q <= {14'd0, count_q} * {20'd0, factor_q};
    words_q   <= product_q;
    partial_q <= (level_i[0] ? {3'd0, stride_q} : 27'd0) + (level_i[1] ? {2'd0, stride_q, 1'b0} : 27'd0);
    offset_q  <= partial_q + (level_i[2] ? {1'd0, stride_q, 2'b0} : 27'd0);
  end

  // ---- checks on the instruction, and of the transfer as a whole
  logic                out_of_range, unaligned;
  logic [20:0]         last_q;
  logic [BeatBits-1:0] first_beat;
  logic signed [BeatBits:0] room_q;  // beats from the start to the end of the image that leave room for the transfer

  always_ff @(posedge clk_i) last_q <= {1'b0, count_q} + {5'd0, address_q};
  always_comb begin
    unique case (target_q)
      TargetWeights:    out_of_range = last_q > 21'(WeightDepth);
      TargetParameters: out_of_range = last_q > 21'(ParameterDepth);
      TargetTable:      out_of_range = last_q > 21'(dw_pkg::TABLES);
      default:          out_of_range = 1'b0; // rows are checked one by one, see dw_rows
    endcase
  end
  // In units of beats, the image's last one is 2^32 / AxiBytes - 1.
  assign first_beat = {7'd0, at_q} >> AxiShift;
  if (AxiShift > 0) begin : g_align
    assign unaligned = |at_q[AxiShift-1:0];
  end else begin : g_bytes
    assign unaligned = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      error_q <= 1'b0;
    end else begin
      if (stage_q[3] && (out_of_range || |words_q[33:24] || words_q == '0)) error_q <= 1'b1;
      if (stage_q[4] && (unaligned || at_q[32] || $signed({1'b0, first_beat}) > room_q)) error_q <= 1'b1;
    end
  end

  // ---- bursts
  // Up to the next boundary MostBeats - low beats are left where at_q lies in the last MostBeats before it.
  localparam int unsigned MostBits = $clog2(MostBeats);
  logic [11:0]                  beat_in_page;
  logic [6:0]                   low, limit, burst_q;
  logic [7:0]                   over;
  logic                         burst_last_q, fits, near;

  assign beat_in_page = at_q[11:0] >> AxiShift;
  assign near         = (beat_in_page >> MostBits) == 12'(BoundaryBeats / MostBeats - 1);
  assign low          = near ? beat_in_page[6:0] & 7'(MostBeats - 1) : '0;
  assign limit        = 7'(MostBeats) - low;
  assign over         = {1'b0, beats_q[6:0]} + {1'b0, low}; // fits where it is at most MostBeats
  assign fits         = beats_q[BeatBits-1:7] == '0
                      && (over[7:MostBits] == '0 || (over[7:MostBits] == (8-MostBits)'(1) && over[MostBits-1:0] == '0));

  always_comb begin
    unique case (target_q)
      TargetWeights:    beats = BeatBits'(words_q) * BeatBits'(WeightBeats);
      TargetParameters: beats = BeatBits'(words_q) * BeatBits'(ParameterBeats);
      TargetTable:      beats = BeatBits'(words_q) * BeatBits'(TableBeats);
      default:          beats = BeatBits'(words_q) * BeatBits'(GroupBeats);
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (stage_q[3]) begin
      at_q    <= {1'b0, start_q} + {6'd0, offset_q};
      beats_q <= beats;
      room_q  <= $signed({1'b0, ImageBeats}) - $signed({1'b0, beats});
    end else if (taken) begin
      at_q    <= at_q + ({26'd0, burst_q} << AxiShift);
      beats_q <= beats_q - {{(BeatBits - 7) {1'b0}}, burst_q};
    end
    if (prepare_q) begin
      burst_q      <= fits ? beats_q[6:0] : limit;
      burst_last_q <= fits;
    end
  end
  assign words_o = target_q == TargetTable ? 32'(words_q) * 32'(TableBeats) : words_q[31:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      busy_q        <= 1'b0;
      stage_q       <= '0;
      prepare_q     <= 1'b0;
      burst_valid_q <= 1'b0;
      started_q     <= 1'b0;
    end else begin
      stage_q   <= {stage_q[3:0], take};
      prepare_q <= stage_q[3] | (taken & ~burst_last_q);
      if (take) begin
        busy_q    <= 1'b1;
        started_q <= 1'b0;
      end
      if (prepare_q) burst_valid_q <= 1'b1;
      if (taken) begin
        burst_valid_q <= 1'b0;
        started_q     <= 1'b1;
        if (burst_last_q) busy_q <= 1'b0;
      end
    end
  end

  // ---- waits: a count is met where it is not ahead, modulo 2^16
  logic [15:0] behind_load, behind_compute, behind_store;
  logic        met;
  assign behind_load    = load_retired_i - wait_load_q;
  assign behind_compute = compute_retired_i - wait_compute_q;
  assign behind_store   = store_retired_i - wait_store_q;
  assign met            = ~(behind_load[15] | behind_compute[15] | behind_store[15]);
  logic unused_behind;
  assign unused_behind = ^{behind_load[14:0], behind_compute[14:0], behind_store[14:0]};

  assign burst_valid_o   = burst_valid_q & ~error_q & (started_q | met);
  assign burst_address_o = at_q[31:0];
  assign burst_beats_o   = burst_q;
  assign burst_last_o    = burst_last_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && !clear_i) begin
      // A burst that can be offered lies between two multiples of BURST_BYTES and takes no more than what is left.
      if (burst_valid_q && !error_q) begin
        assert (burst_q != '0 && burst_q <= 7'(MostBeats));
        assert (32'(at_q[11:0]) + 32'(burst_q) * AxiBytes <= dw_pkg::BURST_BYTES);
        assert (burst_last_q ? beats_q == BeatBits'(burst_q) : beats_q > BeatBits'(burst_q));
      end
      if (prepare_q && !error_q) assert (beats_q != '0);
      if ((prepare_q || burst_valid_q) && !stage_q[4] && !error_q) assert (!unaligned);
      assert (busy_q || (stage_q == '0 && !prepare_q && !burst_valid_q));
      assert ($onehot0({stage_q[3:0], prepare_q, burst_valid_q}));
      assert (!stage_q[4] || prepare_q);
    end
  end
`endif
endmodule
