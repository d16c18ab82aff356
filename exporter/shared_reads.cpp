#include "exporter/shared_reads.h"

#include "exporter/procfs/sysfs.h"

namespace tidemark::exporter {

SharedReads::SharedReads(const std::string& procfs, const std::string& sysfs)
    : stat_file_(JoinPath(procfs, "stat"), procfs::KernelFile::Pieces::kOne),
      cpu_directory_(JoinPath(sysfs, "devices/system/cpu")) {}

void SharedReads::Forget() {
  links_.reset();
  has_stat_ = false;
  has_cpus_ = false;
}

const std::vector<procfs::Link>& SharedReads::Links() {
  if (!links_) links_ = procfs::ReadLinks(route_);
  return *links_;
}

int SharedReads::ReadStat(std::string_view& content) {
  constexpr size_t kMaxBytes = 8 << 20;
  if (!has_stat_) stat_error_ = ReadFile(stat_file_, kMaxBytes, stat_);
  has_stat_ = true;
  content = stat_;
  return stat_error_;
}

const std::vector<std::string>& SharedReads::Cpus() {
  if (has_cpus_) return cpus_;
  has_cpus_ = true;
  cpu_directory_.List(cpus_);
  std::erase_if(cpus_, [](const std::string& name) { return procfs::NumberAfter(name, "cpu").empty(); });
  procfs::SortNaturally(cpus_);
  return cpus_;
}

}  // namespace tidemark::exporter
