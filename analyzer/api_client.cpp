#include "analyzer/api_client.h"

#include <filesystem>

#include "common/curl_transfer.h"

namespace tidemark {
namespace {

constexpr int64_t kTimeoutMs = 150'000;  // longer than a query may take

size_t Append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

}  // namespace

ApiClient::ApiClient(std::string url, const std::string& http_config_file) : url_(std::move(url)) {
  while (url_.ends_with('/')) url_.pop_back();
  if (!url_.starts_with("http://") && !url_.starts_with("https://"))
    throw std::runtime_error("--url must begin with http:// or https://");
  if (http_config_file.empty()) return;
  config::YamlMap map = config::ReadYamlFile(http_config_file).Map();
  config_ = config::ParseHttpClientConfig(map, std::filesystem::path(http_config_file).parent_path().string());
  map.Finish();
}

ApiClient::Answer ApiClient::Call(const std::string& method, const std::string& path, const std::string& body,
                                  const std::string& content_type) const {
  Transfer transfer(kTimeoutMs, {});
  std::string text;
  transfer.Set(CURLOPT_URL, url_ + path);
  transfer.Set(CURLOPT_CUSTOMREQUEST, method);
  transfer.Set(CURLOPT_WRITEFUNCTION, &Append);
  transfer.Set(CURLOPT_WRITEDATA, &text);
  transfer.SetClient(config_);
  if (!body.empty()) {
    transfer.AddHeader("Content-Type", content_type);
    transfer.Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    transfer.Set(CURLOPT_POSTFIELDS, body);
  }
  if (const std::string error = transfer.Perform(); !error.empty())
    throw std::runtime_error("cannot ask " + url_ + ": " + error + " (is the analyzer running? choose it with --url)");
  Answer answer{transfer.Get<long>(CURLINFO_RESPONSE_CODE), nullptr};
  if (text.empty()) return answer;
  answer.body = nlohmann::ordered_json::parse(text, nullptr, false);
  if (answer.body.is_discarded()) throw std::runtime_error(url_ + path + " does not answer as an analyzer does");
  return answer;
}

}  // namespace tidemark
