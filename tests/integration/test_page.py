"""The page in headless Chromium: it shows what is there, creates a threshold, and its console stays empty."""

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from support.processes import PATIENCE, scrape_config, wait_until


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1300,1600"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    yield driver
    driver.quit()


@pytest.mark.serial
def test_the_page_works_without_console_errors(exporter, analyzer, browser, tmp_path):
    node = exporter()
    run = analyzer(scrape_config({"node": node.port}))
    wait_until(lambda: run.value("instance:cpu_usage:percent") is not None, 20, "the first indicators")
    browser.get(run.url("/"))
    wait = WebDriverWait(browser, 15 * PATIENCE)
    text = lambda selector: browser.find_element(By.CSS_SELECTOR, selector).text
    wait.until(lambda _: text("#updated").startswith("updated"))
    assert text("#health-status") in ("healthy", "degraded", "critical")
    assert 0 <= float(text("#score")) <= 100
    assert "cpu-usage" in text("#threshold-table") and str(node.port) in text("#target-table")
    wait.until(lambda _: browser.find_elements(By.CSS_SELECTOR, '.card[data-indicator="memory_usage"] polyline[points*=","]'))
    fill = lambda name, value: browser.find_element(By.NAME, name).send_keys(value)
    fill("name", "from-the-page")
    fill("expr", "vector(9)")
    fill("critical", "1")
    browser.find_element(By.NAME, "for").clear()
    fill("for", "0s")
    browser.find_element(By.CSS_SELECTOR, "#new-threshold button").click()
    wait.until(lambda _: "from-the-page" in text("#threshold-table"))
    wait.until(lambda _: "from-the-page" in text("#alert-table") and "firing" in text("#alert-table"))
    run.post_threshold({"name": "odd", "expr": "up", "operator": "!=", "baseline": {"deviations": 4}, "for": {"warning": "2m"}})
    browser.refresh()
    wait.until(lambda _: "±4σ" in text("#threshold-table") and "warning 2m" in text("#threshold-table"))
    browser.save_screenshot(str(tmp_path / "page.png"))
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


@pytest.mark.serial
def test_the_link_of_an_alert_leads_to_its_expression(exporter, analyzer, browser, tmp_path):
    node = exporter()
    run = analyzer(scrape_config({"node": node.port}))
    run.post_threshold({"name": "memory", "expr": "node_memory_MemTotal_bytes > 0", "operator": ">", "levels": {"info": 0}})
    alert = wait_until(lambda: run.performance("alerts", threshold="memory")["alerts"], 20, "the alert")[0]
    link = alert["generator_url"]
    browser.get(run.url(link[link.index("/graph"):]))
    wait = WebDriverWait(browser, 15 * PATIENCE)
    text = lambda selector: browser.find_element(By.CSS_SELECTOR, selector).text
    wait.until(lambda _: text("#status") == "1 series")
    assert "node_memory_MemTotal_bytes" in text("#series") and browser.find_elements(By.CSS_SELECTOR, "#chart path[d^='M']")
    box = browser.find_element(By.ID, "expr")
    box.clear()
    box.send_keys("sum(")
    browser.find_element(By.CSS_SELECTOR, "#query button").click()
    wait.until(lambda _: "parse error" in text("#form-error"))
    browser.save_screenshot(str(tmp_path / "graph.png"))
    # What is refused shows as a failed request and nothing else.
    assert {entry["source"] for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")} <= {"network"}
