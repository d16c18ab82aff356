#include "analyzer/storage/record_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "analyzer/storage/durable_file.h"
#include "analyzer/storage/varint.h"

namespace tidemark::storage {

void SealRecord(std::string& out, size_t header_at) {
  const std::string_view payload = std::string_view(out).substr(header_at + kRecordHeaderBytes);
  const auto length = static_cast<uint32_t>(payload.size());
  const uint32_t checksum = Checksum(payload);
  std::memcpy(out.data() + header_at, &length, sizeof(length));
  std::memcpy(out.data() + header_at + sizeof(length), &checksum, sizeof(checksum));
}

RecordReader::RecordReader(std::string_view content, std::string_view magic) : content_(content) {
  if (content.starts_with(magic)) {
    sound_bytes_ = magic.size();
  } else {
    content_ = {};
  }
}

bool RecordReader::Next(std::string_view& payload) {
  std::string_view rest = content_.substr(sound_bytes_);
  uint32_t length = 0;
  uint32_t checksum = 0;
  if (!ReadFixed(rest, length) || !ReadFixed(rest, checksum) || length > rest.size()) return false;
  payload = rest.substr(0, length);
  if (payload.empty() || Checksum(payload) != checksum) return false;
  sound_bytes_ += kRecordHeaderBytes + length;
  return true;
}

RecordWriter::RecordWriter(const std::string& path, std::string_view magic, uint64_t sound_bytes)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640)), bytes_(sound_bytes) {
  if (!fd_) return;
  if (::ftruncate(fd_.get(), static_cast<off_t>(bytes_)) != 0 ||
      ::lseek(fd_.get(), static_cast<off_t>(bytes_), SEEK_SET) < 0 || (bytes_ == 0 && !Write(magic))) {
    const int error_number = errno;
    fd_.Reset();
    errno = error_number;
  }
}

bool RecordWriter::Write(std::string_view records) {
  if (!fd_) {
    errno = EBADF;
    return false;
  }
  if (!WriteAll(fd_.get(), records)) {
    const int error_number = errno;
    const auto end = static_cast<off_t>(bytes_);
    if (::ftruncate(fd_.get(), end) != 0 || ::lseek(fd_.get(), end, SEEK_SET) < 0) fd_.Reset();
    errno = error_number;
    return false;
  }
  bytes_ += records.size();
  return true;
}

UniqueFd RecordWriter::Duplicate() const { return UniqueFd(fd_ ? ::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0) : -1); }

}  // namespace tidemark::storage
