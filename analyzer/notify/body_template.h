#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "analyzer/templating/template.h"

namespace tidemark::notify {

/// What a template file makes of a notification.
struct RenderedBody {
  std::string subject;  ///< of mails
  std::string body;
  std::string content_type;
  std::map<std::string, std::string> headers;
};

/// A template file such as those in rules/notify/: `json` (a structure each of whose texts is a template, so that what
/// an alert says can never break it) or `text` (one template), `headers` and `subject`. Immutable.
class BodyTemplate {
 public:
  /// `name` is that of a file in `directory` without ".yml", or a path. \throw config::ConfigError
  static BodyTemplate Load(const std::string& name, const std::string& directory);

  /// \throw templating::TemplateError
  [[nodiscard]] RenderedBody Render(const templating::Value& data, const std::string& external_url) const;

 private:
  std::optional<nlohmann::ordered_json> json_;
  std::string text_;
  std::string subject_;
  std::map<std::string, std::string> headers_;
};

/// A template's text with its actions carried out. \throw templating::TemplateError
std::string RenderText(const std::string& text, const templating::Value& data, const std::string& external_url);

/// A text as the value of a header: control characters are spaces, so that no line can be added.
std::string HeaderValue(std::string text);

}  // namespace tidemark::notify
