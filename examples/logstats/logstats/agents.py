"""What the user agent string says about browser, system and device."""

BOTS = (
    "googlebot", "bingbot", "yandexbot", "baiduspider", "duckduckbot", "slurp", "applebot",
    "ahrefsbot", "semrushbot", "mj12bot", "dotbot", "petalbot", "bytespider", "gptbot", "ccbot",
    "facebookexternalhit", "twitterbot", "linkedinbot", "slackbot", "telegrambot",
    "curl/", "wget/", "python-requests", "go-http-client", "okhttp", "java/", "libwww-perl",
)

BROWSERS = (
    ("edg/", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser/", "Samsung Internet"),
    ("firefox/", "Firefox"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
)

SYSTEMS = (
    ("windows nt 10", "Windows 10+"),
    ("windows", "Windows"),
    ("iphone", "iOS"),
    ("ipad", "iPadOS"),
    ("android", "Android"),
    ("mac os x", "macOS"),
    ("linux", "Linux"),
)


def classify_agent(agent):
    """(browser, system, device) of a user agent string."""
    words = words_of(agent)
    for bot in BOTS:
        for word in words:
            if word.startswith(bot):
                return (bot.strip("/"), "-", "bot")
    browser = "other"
    for token, name in BROWSERS:
        versions = [word for word in words if word.startswith(token)]
        if versions:
            browser = name + " " + major_version(words, versions[0])
            break
    text = " ".join(words)
    system = "other"
    for token, name in SYSTEMS:
        if token in text:
            system = name
            break
    if "mobile" in words or "iphone" in words:
        device = "phone"
    elif "ipad" in words or "tablet" in words:
        device = "tablet"
    else:
        device = "desktop"
    return (browser, system, device)


def words_of(agent):
    """The words of a user agent string in lower case, such as chrome/120.0 and android."""
    text = agent.lower()
    for mark in "();,":
        text = text.replace(mark, " ")
    return text.split()


def major_version(words, browser):
    """The first number of a word such as chrome/120.0; Safari has it in a word of its own."""
    for word in words:
        if browser.startswith("safari/") and word.startswith("version/"):
            browser = word
    return browser.split("/", 1)[-1].split(".", 1)[0]
