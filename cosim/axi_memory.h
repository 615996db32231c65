// An AXI4 memory of fixed latency and one beat a cycle, in order, with optional random stalls and errors.
// src/rtlsim/axi-memory.ts is the same model; a test holds the two equal cycle by cycle.
#pragma once
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace cosim {

// A port of the design: its value as little-endian bytes.
struct Port {
  std::string name;
  bool input;
  unsigned width;
  uint8_t *data;

  unsigned bytes() const { return width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : width <= 64 ? 8 : 4 * ((width + 31) / 32); }
  uint64_t get() const {
    uint64_t value = 0;
    if (data) std::memcpy(&value, data, bytes() < 8 ? bytes() : 8);
    return value;
  }
  void set(uint64_t value) {
    if (data) std::memcpy(data, &value, bytes() < 8 ? bytes() : 8);
  }
};

// Ports of one AXI4 subordinate, in the order of `axiSignals` in src/rtlsim/axi-ports.ts.
enum AxiSignal {
  ArValid, ArReady, ArAddr, ArLen, ArSize, ArBurst, ArId,
  RValid, RReady, RData, RResp, RLast, RId,
  AwValid, AwReady, AwAddr, AwLen, AwSize, AwBurst, AwId,
  WValid, WReady, WData, WStrb, WLast,
  BValid, BReady, BResp, BId,
  AxiSignalCount
};

struct AxiOptions {
  uint32_t latency;
  uint32_t outstanding;
  uint32_t seed;
  uint32_t stall;  // 0..255 of 256 cycles in which a channel is held back
  uint64_t base;
  uint64_t size;
};

struct ErrorRange {
  uint64_t first, end;
  uint32_t response;
};

class AxiMemory {
 public:
  AxiMemory(const AxiOptions &options, Port *const *ports) : options_(options), random_(options.seed), bytes_(options.size) {
    for (int i = 0; i < AxiSignalCount; ++i) ports_[i] = ports[i];
    beat_ = ports_[RData]->width / 8;
  }

  std::vector<uint8_t> &bytes() { return bytes_; }
  std::vector<ErrorRange> errors;
  std::vector<std::string> violations;
  uint64_t readBeats = 0, writeBeats = 0, readBursts = 0, writeBursts = 0;

  // Puts this cycle's values on the inputs of the design.
  void drive() {
    const bool stall[5] = {held(), held(), held(), held(), held()};
    port(ArReady).set(reads_.size() < options_.outstanding && !stall[0]);
    if (!rValid_ && !reads_.empty() && !stall[1]) {
      const Burst &burst = reads_.front();
      if (cycle_ >= burst.accepted + options_.latency + burst.done) present(burst);
    }
    port(RValid).set(rValid_);
    port(AwReady).set(writes_.size() < options_.outstanding && !stall[2]);
    port(WReady).set(data_.size() < 256 && !stall[3]);
    if (!bValid_ && !responses_.empty() && !stall[4] && cycle_ >= responses_.front().due) {
      bValid_ = true;
      port(BResp).set(responses_.front().response);
      if (ports_[BId]) port(BId).set(responses_.front().id);
    }
    port(BValid).set(bValid_);
  }

  // Takes what the design put on its outputs, just before the clock edge.
  void sample() {
    if (rValid_ && port(RReady).get()) {
      rValid_ = false;
      ++readBeats;
      if (++reads_.front().done > reads_.front().length) reads_.pop_front();
    }
    if (bValid_ && port(BReady).get()) {
      bValid_ = false;
      responses_.pop_front();
    }
    if (port(ArValid).get() && port(ArReady).get()) {
      reads_.push_back(burst(ArAddr, ArLen, ArSize, ArBurst, ArId));
      ++readBursts;
    }
    if (port(AwValid).get() && port(AwReady).get()) {
      writes_.push_back(burst(AwAddr, AwLen, AwSize, AwBurst, AwId));
      ++writeBursts;
    }
    if (port(WValid).get() && port(WReady).get()) {
      Beat beat;
      beat.data.assign(port(WData).data, port(WData).data + beat_);
      beat.strobes = port(WStrb).data ? std::vector<uint8_t>(port(WStrb).data, port(WStrb).data + (beat_ + 7) / 8)
                                      : std::vector<uint8_t>((beat_ + 7) / 8, 0xff);
      beat.last = port(WLast).get();
      data_.push_back(beat);
      ++writeBeats;
    }
    while (!writes_.empty() && !data_.empty()) {
      write(writes_.front(), data_.front());
      data_.pop_front();
    }
    ++cycle_;
  }

 private:
  struct Burst {
    uint64_t address;
    uint32_t length, id;
    uint64_t accepted;
    uint32_t done, worst;
  };
  struct Beat {
    std::vector<uint8_t> data, strobes;
    bool last;
  };
  struct Response {
    uint64_t due;
    uint32_t id, response;
  };

  Port &port(AxiSignal signal) {
    static Port none{"", true, 1, nullptr};
    return ports_[signal] ? *ports_[signal] : none;
  }

  bool held() {
    if (options_.stall == 0) return false;
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return (random_ >> 24) < options_.stall;
  }

  void violation(const std::string &text) {
    if (violations.size() < 100) violations.push_back("cycle " + std::to_string(cycle_) + ": " + text);
  }

  Burst burst(AxiSignal address, AxiSignal length, AxiSignal size, AxiSignal kind, AxiSignal id) {
    const uint64_t at = port(address).get();
    const uint32_t beats = static_cast<uint32_t>(port(length).get());
    const uint64_t first = at & ~static_cast<uint64_t>(beat_ - 1);
    if (ports_[kind] && port(kind).get() != 1) violation("burst is not incrementing");
    if (ports_[size] && (1u << port(size).get()) != beat_) violation("beats are not as wide as the bus");
    if ((at >> 12) != ((first + static_cast<uint64_t>(beats + 1) * beat_ - 1) >> 12)) violation("burst crosses a 4 kB boundary");
    return {first, beats, static_cast<uint32_t>(port(id).get()), cycle_, 0, 0};
  }

  uint32_t responseAt(uint64_t address) const {
    for (const ErrorRange &range : errors)
      if (address + beat_ > range.first && address < range.end) return range.response;
    return address < options_.base || address + beat_ > options_.base + options_.size ? 3 : 0;
  }

  void present(const Burst &burst) {
    const uint64_t address = burst.address + static_cast<uint64_t>(burst.done) * beat_;
    const uint32_t response = responseAt(address);
    rValid_ = true;
    if (response) std::memset(port(RData).data, 0, beat_);
    else std::memcpy(port(RData).data, &bytes_[address - options_.base], beat_);
    port(RResp).set(response);
    port(RLast).set(burst.done == burst.length);
    if (ports_[RId]) port(RId).set(burst.id);
  }

  void write(Burst &burst, const Beat &beat) {
    const uint64_t address = burst.address + static_cast<uint64_t>(burst.done) * beat_;
    const uint32_t response = responseAt(address);
    if (response > burst.worst) burst.worst = response;
    if (!response)
      for (unsigned i = 0; i < beat_; ++i)
        if (beat.strobes[i / 8] >> (i % 8) & 1) bytes_[address - options_.base + i] = beat.data[i];
    const bool last = burst.done == burst.length;
    if (beat.last != last) violation("WLAST is not on the last beat");
    ++burst.done;
    if (!last) return;
    responses_.push_back({cycle_ + options_.latency, burst.id, burst.worst});
    writes_.pop_front();
  }

  AxiOptions options_;
  uint32_t random_;
  std::vector<uint8_t> bytes_;
  Port *ports_[AxiSignalCount];
  unsigned beat_;
  uint64_t cycle_ = 0;
  bool rValid_ = false, bValid_ = false;
  std::deque<Burst> reads_, writes_;
  std::deque<Beat> data_;
  std::deque<Response> responses_;
};

}  // namespace cosim
