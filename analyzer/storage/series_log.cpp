#include "analyzer/storage/series_log.h"

#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>
#include <vector>

#include "analyzer/storage/durable_file.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {
namespace {

constexpr std::string_view kMagic = "TMSER002";
constexpr size_t kMaxFileBytes = size_t{4} << 30;
constexpr uint64_t kSameLabel = 0;
constexpr uint64_t kSameName = 1;

bool ReadSeries(std::string_view body, const Labels& before, uint64_t& id, Labels& labels) {
  uint64_t count = 0;
  if (!ReadVarint(body, id) || !ReadVarint(body, count) || count > body.size() || id == 0 || id >= ~uint32_t{0})
    return false;
  std::vector<Labels::Pair> pairs;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t code = 0;
    if (!ReadVarint(body, code) || (code <= kSameName && i >= before.size())) return false;
    if (code == kSameLabel) {
      pairs.push_back(before.pairs()[i]);
      continue;
    }
    std::string name;
    if (code == kSameName) {
      name = before.pairs()[i].first;
    } else {
      if (code - 1 > body.size()) return false;
      name = body.substr(0, code - 1);
      body.remove_prefix(code - 1);
    }
    std::string_view value;
    if (!ReadText(body, value)) return false;
    pairs.emplace_back(std::move(name), value);
  }
  labels = Labels(std::move(pairs));
  return true;
}

}  // namespace

SeriesLog::SeriesLog(const std::string& directory, const Logger& logger, const OnSeries& on_series)
    : path_(JoinPath(directory, kFileName)) {
  std::string content;
  const int error_number = ReadFile(path_, kMaxFileBytes, content);
  if (error_number != 0 && error_number != ENOENT)
    throw std::runtime_error("cannot read " + path_ + ": " + ErrnoText(error_number));
  RecordReader reader(content, kMagic);
  std::string_view payload;
  size_t sound_bytes = reader.sound_bytes();
  while (reader.Next(payload)) {
    uint64_t id = 0;
    Labels labels;
    if (!ReadSeries(payload, before_, id, labels)) break;
    on_series(static_cast<uint32_t>(id), labels);
    before_ = std::move(labels);
    ++series_;
    sound_bytes = reader.sound_bytes();
  }
  if (sound_bytes < content.size()) {
    logger.Warn("the series log ends in a torn record, cut off",
                {{"path", path_}, {"offset", std::to_string(sound_bytes)}, {"bytes", std::to_string(content.size())}});
  }
  writer_ = RecordWriter(path_, kMagic, sound_bytes);
  if (!writer_) throw std::runtime_error("cannot write to " + path_ + ": " + ErrnoText(errno));
}

void SeriesLog::Add(uint32_t id, const Labels& labels) {
  AppendRecord(pending_, [&](std::string& out) {
    AppendVarint(out, id);
    AppendVarint(out, labels.size());
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto& [name, value] = labels.pairs()[i];
      const bool same_name = i < before_.size() && before_.pairs()[i].first == name;
      if (same_name && before_.pairs()[i].second == value) {
        AppendVarint(out, kSameLabel);
        continue;
      }
      AppendVarint(out, same_name ? kSameName : name.size() + 1);
      if (!same_name) out += name;
      AppendText(out, value);
    }
  });
  before_ = labels;
  ++series_;
}

bool SeriesLog::Flush() {
  if (pending_.empty()) return true;
  if (!writer_) writer_ = RecordWriter(path_, kMagic, writer_.bytes());
  if (!writer_.Write(pending_)) return false;
  pending_.clear();
  return true;
}

bool SeriesLog::Rewrite(const std::function<void(const OnSeries& write)>& for_each) {
  const std::string temporary = path_ + ".new";
  RecordWriter writer(temporary, kMagic, 0);
  if (!writer) return false;
  const Labels old_before = std::exchange(before_, {});
  std::string old_pending = std::exchange(pending_, {});
  const size_t old_series = std::exchange(series_, 0);
  bool ok = true;
  constexpr size_t kWriteBytes = size_t{1} << 20;
  for_each([&](uint32_t id, const Labels& labels) {
    Add(id, labels);
    if (pending_.size() < kWriteBytes) return;
    ok = ok && writer.Write(pending_);
    pending_.clear();
  });
  ok = ok && (pending_.empty() || writer.Write(pending_));
  const UniqueFd synced = writer.Duplicate();
  ok = ok && synced && ReplaceFile(synced.get(), temporary, path_);
  pending_.clear();
  if (ok) {
    writer_ = std::move(writer);
    return true;
  }
  ::unlink(temporary.c_str());
  before_ = old_before;
  pending_ = std::move(old_pending);
  series_ = old_series;
  return false;
}

}  // namespace tidemark::storage
