#include "exporter/shared_reads.h"

#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {

SharedReads::SharedReads(const std::string& procfs, const std::string& sysfs)
    : drivers_(procfs, sysfs),
      stat_{.file = procfs::KernelFile(JoinPath(procfs, "stat"), procfs::KernelFile::Pieces::kOne)},
      sockets_{{{.file = procfs::KernelFile(JoinPath(procfs, "net/sockstat"), procfs::KernelFile::Pieces::kShort)},
                {.file = procfs::KernelFile(JoinPath(procfs, "net/sockstat6"), procfs::KernelFile::Pieces::kShort)}}},
      cpu_directory_(JoinPath(sysfs, "devices/system/cpu")) {}

void SharedReads::Forget() {
  looks_for_drivers_ = drivers_.ShallLook();
  links_.reset();
  for (File* file : {&stat_, &sockets_[kIpv4], &sockets_[kIpv6]}) file->is_read = false;
  has_cpus_ = false;
}

std::span<const procfs::Link* const> SharedReads::Links() {
  const std::lock_guard lock(links_mutex_);
  if (!links_) links_ = link_reader_.Read();
  return *links_;
}

int SharedReads::File::Read(std::string_view& text) {
  constexpr size_t kMaxBytes = 8 << 20;
  const std::lock_guard lock(mutex);
  if (!is_read) error = ReadFile(file, kMaxBytes, content);
  is_read = true;
  text = content;
  return error;
}

const std::vector<std::string>& SharedReads::Cpus() {
  const std::lock_guard lock(cpus_mutex_);
  if (has_cpus_) return cpus_;
  has_cpus_ = true;
  cpu_directory_.List(cpus_);
  std::erase_if(cpus_, [](const std::string& name) { return procfs::NumberAfter(name, "cpu").empty(); });
  procfs::SortNaturally(cpus_);
  return cpus_;
}

}  // namespace tidemark::exporter
